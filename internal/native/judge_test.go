package native

import (
	"log/slog"
	"testing"
)

// What a daemon says of each connection that is too many has the same words for
// all of them.
func TestLinesOfACrowd(t *testing.T) {
	for _, c := range []struct {
		process, text, common string
		crowd                 bool
	}{
		{"stunnel", "Connection rejected: too many clients (>=250)", "Connection rejected: too many clients (>=250)", true},
		{"stunnel", "Connection rejected: create_client failed", "Connection rejected: create_client failed", true},
		{"stunnel", "local socket: Too many open files (24)", "local socket: Too many open files (24)", true},
		{"stunnel", "Insecure file permissions on /a.pem", "", false},
		{"nginx", "612 worker_connections are not enough, reusing connections", "612 worker_connections are not enough, reusing connections", true},
		{"nginx", `*12 612 worker_connections are not enough while connecting to upstream, client: unix:, request: "GET /1"`, "612 worker_connections are not enough while connecting to upstream", true},
		{"nginx", "accept4() failed (24: Too many open files)", "accept4() failed (24: Too many open files)", true},
		{"nginx", `*1 connect() failed (111: Connection refused) while connecting to upstream, client: unix:`, "", false},
		{"varnishd", "Too many open files", "", false},
	} {
		if common, crowd := OfACrowd(c.process, c.text); crowd != c.crowd || crowd && common != c.common {
			t.Errorf("%s: %q: %q, %v", c.process, c.text, common, crowd)
		}
	}
}

// What nginx says of a request has words in common with what it says of others.
func TestLinesOfRequests(t *testing.T) {
	for _, c := range []struct {
		process, text, common string
		of                    bool
	}{
		{"nginx", `*1 connect() failed (111: Connection refused) while connecting to upstream, client: unix:, server: a.test, request: "GET /1"`, "connect() failed (111: Connection refused) while connecting to upstream", true},
		{"nginx", `*27 open() "/srv/a.txt" failed (13: Permission denied), client: unix:, request: "GET /a.txt"`, `open() "…" failed (13: Permission denied)`, true},
		{"nginx", "bind() to 127.0.0.1:80 failed (98: Address already in use)", "", false},
		{"stunnel", "Connection reset, client: x", "", false},
	} {
		if common, of := OfARequest(c.process, c.text); of != c.of || of && common != c.common {
			t.Errorf("%s: %q: %q, %v", c.process, c.text, common, of)
		}
	}
}

// The lines are the daemons' own.
func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name, process, line string
		level               slog.Level
		text                string
	}{
		{"stunnel, error", "stunnel", "2026.11.23 05:00:00 LOG3[main]: Error binding https-1 to 127.0.0.1:443", slog.LevelError, "Error binding https-1 to 127.0.0.1:443"},
		{"stunnel, warning", "stunnel", "2026.11.23 05:00:00 LOG4[ui]: Insecure file permissions on /a.pem", slog.LevelWarn, "Insecure file permissions on /a.pem"},
		{"stunnel, notice", "stunnel", "2026.11.23 05:00:00 LOG5[main]: Configuration successful", slog.LevelDebug, "Configuration successful"},
		{"stunnel, before its file is read", "stunnel", "[!] stunnel.conf:3: \"x\": No such option", slog.LevelError, "stunnel.conf:3: \"x\": No such option"},
		{"stunnel, a warning before that", "stunnel", "[:] Insecure file permissions", slog.LevelWarn, "Insecure file permissions"},
		{"stunnel, news before that", "stunnel", "[ ] Initializing inetd mode configuration", slog.LevelDebug, "Initializing inetd mode configuration"},
		{"stunnel, nobody's name", "stunnel", "2026.11.23 05:00:00 LOG4[0]: SNI: no pattern matched servername: nobody.test", slog.LevelDebug, "SNI: no pattern matched servername: nobody.test"},
		{"stunnel, a client's fault", "stunnel", "2026.11.23 05:00:00 LOG3[7]: SSL_accept: ssl/record/ssl3_record.c:354: error:0A00009C", slog.LevelDebug, "SSL_accept: ssl/record/ssl3_record.c:354: error:0A00009C"},
		{"stunnel, no head", "stunnel", "something", slog.LevelDebug, "something"},
		{"stunnel, nothing", "stunnel", "", slog.LevelDebug, ""},
		{"stunnel, a short line", "stunnel", "[!] ", slog.LevelDebug, "[!] "},
		{"nginx, emergency", "nginx", `2026/11/23 05:00:00 [emerg] 12#12: bind() to 0.0.0.0:80 failed`, slog.LevelError, "bind() to 0.0.0.0:80 failed"},
		{"nginx, error", "nginx", `2026/11/23 05:00:00 [error] 12#12: *1 connect() failed`, slog.LevelError, "*1 connect() failed"},
		{"nginx, warning", "nginx", `2026/11/23 05:00:00 [warn] 12#12: conflicting server name "a"`, slog.LevelWarn, `conflicting server name "a"`},
		{"nginx, the user", "nginx", `2026/11/23 05:00:00 [warn] 12#12: the "user" directive makes sense only if the master process runs with super-user privileges, ignored in /a:7`, slog.LevelDebug,
			`the "user" directive makes sense only if the master process runs with super-user privileges, ignored in /a:7`},
		{"nginx, its newer word", "nginx", `2026/11/23 05:00:00 [warn] 12#12: the "listen ... http2" directive is deprecated, use the "http2" directive instead in /a:7`, slog.LevelDebug,
			`the "listen ... http2" directive is deprecated, use the "http2" directive instead in /a:7`},
		{"nginx, the limit", "nginx", `2026/11/23 05:00:00 [warn] 12#12: 20512 worker_connections exceed open file resource limit: 1024`, slog.LevelDebug,
			"20512 worker_connections exceed open file resource limit: 1024"},
		{"nginx, notice", "nginx", `2026/11/23 05:00:00 [notice] 12#12: using inherited sockets from "3;"`, slog.LevelDebug, `using inherited sockets from "3;"`},
		{"nginx, no head", "nginx", "something", slog.LevelInfo, "something"},
		{"varnish, error", "varnishd", "Error: Child (12) died signal=9", slog.LevelError, "Child (12) died signal=9"},
		{"varnish, its stop", "varnishd", "Error: Manager got SIGTERM from PID 1", slog.LevelDebug, "Manager got SIGTERM from PID 1"},
		{"varnish, warning", "varnishd", "Warning: Working directory not mounted on tmpfs partition", slog.LevelWarn, "Working directory not mounted on tmpfs partition"},
		{"varnish, its log may be paged out", "varnishd", "Warning: mlock() of VSM failed: Cannot allocate memory (12)", slog.LevelDebug, "mlock() of VSM failed: Cannot allocate memory (12)"},
		{"varnish, news", "varnishd", "Info: Child (12) said Child starts", slog.LevelDebug, "Child (12) said Child starts"},
		{"varnish, debug", "varnishd", "Debug: Version: varnish-7.1.1", slog.LevelDebug, "Version: varnish-7.1.1"},
		{"varnish, a word of its own", "varnishd", "Assert error in x(): y", slog.LevelInfo, "Assert error in x(): y"},
		{"varnish, no colon", "varnishd", "something", slog.LevelDebug, "something"},
		{"an app", "chat", "Error: 2026/11/23 [emerg] listening", slog.LevelInfo, "Error: 2026/11/23 [emerg] listening"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if level, text := Judge(c.process, c.line); level != c.level || text != c.text {
				t.Errorf("%v %q", level, text)
			}
		})
	}
}
