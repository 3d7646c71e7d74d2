package tiers

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A crowd is told of in one line for each pause, with its number, and in none
// when it has gone.
func TestRepeatedLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}}))
		var lines repeats
		for second := range 40 {
			if second < 15 {
				for range 1000 {
					lines.hear(log, slog.LevelWarn, "too many", "stunnel")
				}
			}
			if second == 3 {
				lines.hear(log, slog.LevelError, "too many", "nginx")
			}
			lines.tell(log)
			time.Sleep(time.Second)
		}
		want := []string{
			`level=WARN msg="too many" from=stunnel`,
			`level=ERROR msg="too many" from=nginx`,
			`level=WARN msg="too many" from=stunnel again=10999`,
			`level=WARN msg="too many" from=stunnel again=4000`,
		}
		if got := strings.TrimSpace(out.String()); got != strings.Join(want, "\n") {
			t.Errorf("logged\n%s", got)
		}
		if len(lines.last) != 0 {
			t.Errorf("remembered: %v", lines.last)
		}
	})
}

// Of requests that fail alike some are told of whole, and the others by their number.
func TestRequestsThatFailAlike(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := slog.New(slog.NewTextHandler(&out, nil))
		var lines repeats
		whole := 0
		for second := range 30 {
			for range 50 {
				if second < 5 && lines.pass(slog.LevelError, "upstream timed out", "nginx") {
					whole++
				}
			}
			lines.tell(log)
			time.Sleep(time.Second)
		}
		if said := out.String(); whole != repeatSome || strings.Count(said, "\n") != 1 || !strings.Contains(said, "again=240") {
			t.Errorf("%d were told of whole, and then\n%s", whole, said)
		}
		if len(lines.last) != 0 {
			t.Errorf("remembered: %v", lines.last)
		}
	})
}
