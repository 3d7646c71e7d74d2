package config

import (
	"reflect"
	"slices"
	"strings"
)

// Severity tells an error from a warning.
type Severity string

// The severities. An error means that the site is refused.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Diagnostic is one problem, told to the person who wrote the HCL.
type Diagnostic struct {
	Severity Severity `json:"severity"`
	Summary  string   `json:"summary"` // what is wrong, one clause without a full stop
	Remedy   string   `json:"remedy"`  // what to do about it; may be ""
	// File is the path as the user gave it, joined with the file's name where
	// that was a directory. "" means that the problem has no place.
	File string `json:"file"`
	// Line and Column are 1-based, EndLine and EndColumn exclusive; columns
	// count characters. All are 0 where the problem is a whole file's.
	Line      int `json:"line"`
	Column    int `json:"column"`
	EndLine   int `json:"end_line"`
	EndColumn int `json:"end_column"`
	// Byte and EndByte are the offsets of both ends in the file.
	Byte    int `json:"byte"`
	EndByte int `json:"end_byte"`
	// Snippet is the line the problem begins in, as it stands in the file.
	Snippet string `json:"snippet"`
	// Instance names the one that the problem is about where a block stands for
	// several, as site.shop["blue"].
	Instance string `json:"instance,omitempty"`
	// Values are what the names in the expression stand for, as
	// `var.port is 80`; sensitive ones are not shown.
	Values []string `json:"values,omitempty"`
}

// Diagnostics is a list of problems in the order of the files and lines they
// stand in. The nil list means that nothing is wrong.
type Diagnostics []Diagnostic

// HasErrors reports whether anything worse than a warning is among them.
func (d Diagnostics) HasErrors() bool { return d.count(Error) > 0 }

func (d Diagnostics) count(severity Severity) int {
	n := 0
	for _, one := range d {
		if one.Severity == severity {
			n++
		}
	}
	return n
}

// sorted returns the list in the order of places, without repetitions.
func (d Diagnostics) sorted() Diagnostics {
	slices.SortStableFunc(d, func(a, b Diagnostic) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return slices.CompactFunc(d, func(a, b Diagnostic) bool { return reflect.DeepEqual(a, b) })
}
