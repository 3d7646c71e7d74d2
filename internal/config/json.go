package config

import (
	"encoding/json"
	"strings"
)

// report is what a program reads, in the shape that Terraform gives its own
// (format_version 1), with what that has no name for besides.
type report struct {
	FormatVersion string     `json:"format_version"`
	Valid         bool       `json:"valid"`
	Errors        int        `json:"error_count"`
	Warnings      int        `json:"warning_count"`
	Diagnostics   []reported `json:"diagnostics"`
}

type reported struct {
	Severity Severity      `json:"severity"`
	Summary  string        `json:"summary"`
	Detail   string        `json:"detail"` // the remedy
	Range    *reportRange  `json:"range,omitempty"`
	Snippet  *reportedCode `json:"snippet,omitempty"`

	File     string `json:"file"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Remedy   string `json:"remedy"`
	Instance string `json:"instance,omitempty"`
}

type reportRange struct {
	File  string         `json:"filename"`
	Start reportPosition `json:"start"`
	End   reportPosition `json:"end"`
}

type reportPosition struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Byte   int `json:"byte"`
}

// reportedCode is the line that a problem begins in; what is meant is between two
// offsets in it.
type reportedCode struct {
	Context *string         `json:"context"`
	Code    string          `json:"code"`
	Line    int             `json:"start_line"`
	From    int             `json:"highlight_start_offset"`
	To      int             `json:"highlight_end_offset"`
	Values  []reportedValue `json:"values"`
}

type reportedValue struct {
	Traversal string `json:"traversal"`
	Statement string `json:"statement"`
}

// JSON returns the report of `validate --json`, indented and with a newline at its
// end.
func (d Diagnostics) JSON() ([]byte, error) {
	whole := report{FormatVersion: "1.0", Valid: !d.HasErrors(), Errors: d.count(Error), Warnings: d.count(Warning), Diagnostics: []reported{}}
	for _, one := range d {
		whole.Diagnostics = append(whole.Diagnostics, one.reported())
	}
	out, err := json.MarshalIndent(whole, "", "  ")
	return append(out, '\n'), err
}

func (d Diagnostic) reported() reported {
	r := reported{Severity: d.Severity, Summary: d.Summary, Detail: d.Remedy, File: d.File, Line: d.Line, Column: d.Column, Remedy: d.Remedy, Instance: d.Instance}
	if d.Line == 0 {
		return r
	}
	r.Range = &reportRange{d.File, reportPosition{d.Line, d.Column, d.Byte}, reportPosition{d.EndLine, d.EndColumn, d.EndByte}}
	before := characters(d.Snippet)
	from := len(strings.Join(before[:min(d.Column-1, len(before))], ""))
	r.Snippet = &reportedCode{Code: d.Snippet, Line: d.Line, From: from, To: min(from+d.EndByte-d.Byte, len(d.Snippet)), Values: []reportedValue{}}
	for _, value := range d.Values {
		for _, verb := range []string{" is ", " has "} {
			if name, statement, found := strings.Cut(value, verb); found {
				r.Snippet.Values = append(r.Snippet.Values, reportedValue{name, strings.TrimPrefix(verb, " ") + statement})
				break
			}
		}
	}
	return r
}
