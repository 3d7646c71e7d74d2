package native

import (
	"log/slog"
	"testing"
)

// What stunnel says about probes and about a cache tier that is passed over is
// no trouble; that nobody is left to ask is.
func TestJudgeStunnelBesideAStandby(t *testing.T) {
	for line, want := range map[string]slog.Level{
		"2026.11.23 07:39:34 LOG3[0]: getnameinfo: Unknown error":                                                    slog.LevelDebug,
		"2026.11.23 07:39:34 LOG3[7]: s_connect: connect localhost:/run/e/cache.sock: Connection refused (111)":      slog.LevelDebug,
		"2026.11.23 07:39:34 LOG3[7]: s_connect: connect localhost:/run/e/cache.sock: No such file or directory (2)": slog.LevelDebug,
		"2026.11.23 07:39:34 LOG3[7]: No more addresses to connect":                                                  slog.LevelError,
		"2026.11.23 07:39:34 LOG3[ui]: /run/e/tls1/stunnel.conf:1: \"broken\": No '=' found":                         slog.LevelError,
		"2026.11.23 07:39:34 LOG5[ui]: Configuration successful":                                                     slog.LevelDebug,
		"2026.11.23 07:39:34 LOG3[ui]: Too many listening file descriptors received from systemd, got 2":             slog.LevelError,
		"2026.11.23 07:39:34 LOG3[7]: s_write: writesocket: Transport endpoint is not connected (107)":               slog.LevelError,
	} {
		if got, _ := Judge("stunnel", line); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
}
