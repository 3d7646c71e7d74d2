package main

import (
	"io"
	"os"

	"golang.org/x/term"

	"edgegen/internal/queue"
)

// colored reports whether a stream is a terminal whose user wants colour.
func colored(w io.Writer) bool {
	if queued, ok := w.(*queue.Writer); ok {
		w = queued.Target()
	}
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
