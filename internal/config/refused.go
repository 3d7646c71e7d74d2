package config

import (
	"errors"
	"fmt"
	"slices"
	"syscall"

	"edgegen/internal/site"
)

// Refused says that a site cannot be served as it is written. Its diagnostics
// hold at least one error.
type Refused struct {
	Diagnostics Diagnostics
}

func (r *Refused) Error() string {
	for _, d := range r.Diagnostics {
		switch {
		case d.Severity != Error:
		case d.File == "":
			return d.Summary
		case d.Line == 0:
			return fmt.Sprintf("%s: %s", d.File, d.Summary)
		default:
			return fmt.Sprintf("%s:%d: %s", d.File, d.Line, d.Summary)
		}
	}
	return "the site is refused"
}

// Refusal returns the error as a *Refused, which it may be already. One that is
// about no line of the site becomes a diagnostic without a place.
func Refusal(err error) error {
	if IsRefused(err) {
		return err
	}
	remedy := ""
	if errors.Is(err, syscall.ENOSPC) {
		remedy = "make room on the disk of the state directory"
	}
	return &Refused{Diagnostics{{Severity: Error, Summary: err.Error(), Remedy: remedy}}}
}

// AlsoRefused adds an error without a place to what a refusal says.
func AlsoRefused(refused, err error, remedy string) error {
	said := (*Refused)(nil)
	if !errors.As(refused, &said) {
		return errors.Join(refused, err)
	}
	also := Diagnostic{Severity: Error, Summary: err.Error(), Remedy: remedy}
	return &Refused{append(slices.Clone(said.Diagnostics), also)}
}

func IsRefused(err error) bool {
	refused := (*Refused)(nil)
	return errors.As(err, &refused)
}

// Findings collects the diagnostics of stages that go on after a problem.
type Findings struct {
	Loaded *Loaded
	All    Diagnostics
}

// Add tells a problem at the line that led to it. What was found there already is
// told once, as where a block stands for several sites.
func (f *Findings) Add(at site.Source, severity Severity, summary, remedy string) {
	d := f.Loaded.Diagnose(at, severity, summary, remedy)
	if !slices.ContainsFunc(f.All, func(other Diagnostic) bool {
		return other.Line == d.Line && other.File == d.File && other.Summary == d.Summary && other.Severity == d.Severity
	}) {
		f.All = append(f.All, d)
	}
}

// Refusal returns nil where none of the findings is an error.
func (f *Findings) Refusal() error {
	if f.All.HasErrors() {
		return &Refused{f.All}
	}
	return nil
}

// RefusedAt tells an error at the HCL line that led to it.
func RefusedAt(loaded *Loaded, at site.Source, err error, remedy string) error {
	return &Refused{Diagnostics{loaded.Diagnose(at, Error, err.Error(), remedy)}}
}
