package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"edgegen/internal/config"
)

// streams are what a verb reads and writes: results go to out, what is for a
// person to err.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// errFailed says that a verb has told already what went wrong.
var errFailed = errors.New("failed")

// usageError is a mistake in the command line.
type usageError struct{ error }

// tell shows an error to a person.
func (s streams) tell(err error) {
	if refused := (*config.Refused)(nil); errors.As(err, &refused) {
		s.report(refused.Diagnostics)
		return
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(s.err, "edgegen: %s\n", strings.TrimSuffix(line, "\n"))
	}
}

// report shows diagnostics to a person.
func (s streams) report(diagnostics config.Diagnostics) {
	// If stderr is closed, nobody wants to know.
	_ = diagnostics.WriteText(s.err, colored(s.err))
}
