// Package edgetest holds what becomes of requests against what the owner of a site
// expects: tests in files called *.edgetest.hcl, each a request and expectations.
// They are judged by what is foretold (package explain), with nothing running, or by
// what came of a request that was sent.
package edgetest

import (
	"edgegen/internal/explain"
)

// Ending ends the names of files with tests.
const Ending = ".edgetest.hcl"

// Test is a request, and what is expected of it.
type Test struct {
	Name    string
	File    string // as its directory was given
	Line    int
	Request explain.Request
	App     *App // nil where the test says nothing of it
	Expects []Expectation
}

// App is what a stub app answers.
type App struct {
	Status  int
	Headers map[string]string
	Body    string
}

// Expectation is one argument of an expect block.
type Expectation struct {
	Line  int
	what  row
	value any // of the row's kind
}

// Result is a test that was judged.
type Result struct {
	Name     string    `json:"name"`
	File     string    `json:"file"`
	Line     int       `json:"line"`
	OK       bool      `json:"ok"`
	Answer   string    `json:"answer"` // as edgegen explain says it
	Problems []Problem `json:"problems"`
	// Unknown are expectations that nobody can judge with nothing running: what the
	// app says. They do not fail the test.
	Unknown []string `json:"unknown"`
	// Doubt is where raw text may change what is foretold; "" for nowhere.
	Doubt   string  `json:"doubt,omitempty"`
	Seconds float64 `json:"seconds"`
}

// Problem is an expectation that does not hold.
type Problem struct {
	Line int    `json:"line"`
	Text string `json:"text"`
}

// Judge holds the expectations against an explanation.
func (t *Test) Judge(e *explain.Explanation) Result {
	r := Result{Name: t.Name, File: t.File, Line: t.Line, Answer: e.Answer, Problems: []Problem{}, Unknown: []string{}}
	for _, one := range t.Expects {
		problems, unknown := one.what.judge(e, one.value)
		for _, text := range problems {
			r.Problems = append(r.Problems, Problem{one.Line, text})
		}
		r.Unknown = append(r.Unknown, unknown...)
	}
	if e.Live == nil {
		r.Doubt = e.Doubt()
	}
	r.OK = len(r.Problems) == 0
	return r
}
