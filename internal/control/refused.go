package control

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"edgegen/internal/config"
)

// Refused says that a site cannot be served as it is written. Its diagnostics
// hold at least one error.
type Refused struct {
	Diagnostics config.Diagnostics
}

func (r *Refused) Error() string {
	for _, d := range r.Diagnostics {
		switch {
		case d.Severity != config.Error:
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

// refusal returns the error as a *Refused, which it may be already. One that is
// about no line of the site becomes a diagnostic without a place.
func refusal(err error) error {
	if isRefused(err) {
		return err
	}
	remedy := ""
	if errors.Is(err, syscall.ENOSPC) {
		remedy = "make room on the disk of the state directory"
	}
	return &Refused{config.Diagnostics{{Severity: config.Error, Summary: err.Error(), Remedy: remedy}}}
}

// alsoRefused adds an error without a place to what a refusal says.
func alsoRefused(refused, err error, remedy string) error {
	said := (*Refused)(nil)
	if !errors.As(refused, &said) {
		return errors.Join(refused, err)
	}
	also := config.Diagnostic{Severity: config.Error, Summary: err.Error(), Remedy: remedy}
	return &Refused{append(slices.Clone(said.Diagnostics), also)}
}

func isRefused(err error) bool {
	refused := (*Refused)(nil)
	return errors.As(err, &refused)
}

// directoryField is where a client says in which directory it works.
const directoryField = "from"

// seenFrom names files so that somebody who works in the directory finds them:
// as the site was named where this process works there too, and otherwise from
// the root.
func seenFrom(directory string, all config.Diagnostics) config.Diagnostics {
	here, err := os.Getwd()
	if err != nil || directory == here {
		return all
	}
	all = slices.Clone(all)
	for i, one := range all {
		if one.File != "" && !filepath.IsAbs(one.File) {
			all[i].File = filepath.Join(here, one.File)
		}
	}
	return all
}

// findings collects the diagnostics of stages that go on after a problem.
type findings struct {
	loaded *config.Loaded
	all    config.Diagnostics
}

// refusal returns nil where none of the findings is an error.
func (f *findings) refusal() error {
	if f.all.HasErrors() {
		return &Refused{f.all}
	}
	return nil
}
