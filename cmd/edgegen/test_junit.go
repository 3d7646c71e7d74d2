package main

import (
	"encoding/xml"
	"fmt"
	"os"

	"edgegen/internal/edgetest"
)

// junitSuite and junitCase are what JUnit's readers have in common.
type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	File    string        `xml:"classname,attr"`
	Seconds string        `xml:"time,attr"`
	Failure *junitFailure `xml:"failure"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func writeJUnit(path string, results []edgetest.Result, failed int) error {
	suite := junitSuite{Name: "edgegen", Tests: len(results), Failures: failed}
	for _, r := range results {
		one := junitCase{Name: r.Name, File: r.File, Seconds: fmt.Sprintf("%.3f", r.Seconds)}
		if !r.OK {
			one.Failure = &junitFailure{Message: r.Answer}
			for _, problem := range r.Problems {
				one.Failure.Text += fmt.Sprintf("%s:%d: %s\n", r.File, problem.Line, problem.Text)
			}
		}
		suite.Cases = append(suite.Cases, one)
	}
	text, err := xml.MarshalIndent(suite, "", "  ")
	if err == nil {
		err = os.WriteFile(path, append([]byte(xml.Header), append(text, '\n')...), 0o644)
	}
	if err != nil {
		return fmt.Errorf("--junit: %w", err)
	}
	return nil
}
