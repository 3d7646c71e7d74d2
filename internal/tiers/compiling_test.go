package tiers

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestCompiling holds that somebody who waits is told at once, and then now and again; and
// that nobody is told of what takes no time.
func TestCompiling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		tell := compiling(slog.New(slog.NewTextHandler(&said, nil)))
		tell(0, manyFiles-1)
		if said.Len() > 0 {
			t.Errorf("of few files it says %s", said.String())
		}
		for done := range 40 {
			tell(done, 40)
			time.Sleep(time.Second)
		}
		if lines := strings.Count(said.String(), "files=40"); lines != 8 || !strings.Contains(said.String(), "done=0") || !strings.Contains(said.String(), "done=35") {
			t.Errorf("in 40 s it says %d lines: %s", lines, said.String())
		}
	})
}
