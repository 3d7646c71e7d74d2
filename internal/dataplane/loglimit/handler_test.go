package loglimit

import (
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// output is what was written since it was last taken.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) take() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	defer o.text.Reset()
	return o.text.String()
}

// TestHandler: of a flood some lines pass, and the rest is counted once.
func TestHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out output
		h := New(slog.NewTextHandler(&out, nil))
		log := slog.New(h)
		var clients sync.WaitGroup
		for range 50 {
			clients.Go(func() { log.With("from", "builtin").Warn("no answer", "id", 1) })
		}
		clients.Wait()
		log.Error("another")
		flood := out.take()
		if n := strings.Count(flood, "another"); n != 1 {
			t.Errorf("%d lines of another message", n)
		}
		if n := strings.Count(flood, "no answer"); n != Burst {
			t.Errorf("%d lines of a flood", n)
		}
		for range 50 {
			log.Info("news")
		}
		if n := strings.Count(out.take(), "news"); n != 50 {
			t.Errorf("%d lines below a warning", n)
		}
		time.Sleep(Window)
		synctest.Wait()
		if got := out.take(); strings.Count(got, "\n") != 1 || !strings.Contains(got, `msg="no answer" from=builtin left_out=40`) {
			t.Errorf("at the end of the window: %q", got)
		}
		log.Warn("no answer")
		time.Sleep(2 * Window)
		if got := out.take(); strings.Count(got, "\n") != 1 || strings.Contains(got, "left_out") {
			t.Errorf("in the next one: %q", got)
		}
		for range Burst + 1 {
			log.Warn("no answer")
		}
		h.Close()
		if n := strings.Count(out.take(), "left_out=1\n"); n != 1 {
			t.Errorf("said %d times at the end", n)
		}
		for range Burst + 1 {
			log.Warn("no answer")
		}
		if n := strings.Count(out.take(), "no answer"); n != Burst+1 {
			t.Errorf("%d lines after the end", n)
		}
	})
}
