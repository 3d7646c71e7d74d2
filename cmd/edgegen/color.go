package main

import (
	"io"
	"os"

	"golang.org/x/term"

	"edgegen/internal/queue"
)

// Tones are what a terminal is told before a text (SGR of ECMA-48).
const (
	bold    = "\x1b[1m"
	dim     = "\x1b[2m"
	green   = "\x1b[32m"
	red     = "\x1b[31m"
	yellow  = "\x1b[33m"
	warning = "\x1b[1;33m"
	alarm   = "\x1b[1;31m"
)

// paint gives a text a tone, where it is for a terminal.
func paint(color bool, tone, text string) string {
	if !color {
		return text
	}
	return tone + text + "\x1b[0m"
}

// colored reports whether a stream is a terminal whose user wants colour.
func colored(w io.Writer) bool {
	if queued, ok := w.(*queue.Writer); ok {
		w = queued.Target()
	}
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
