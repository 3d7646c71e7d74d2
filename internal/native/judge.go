package native

import (
	"log/slog"
	"regexp"
	"strings"
)

// stunnelLine is how stunnel heads a line: the time, the level as in syslog,
// and the connection.
var stunnelLine = regexp.MustCompile(`^\d{4}\.\d\d\.\d\d \d\d:\d\d:\d\d LOG(\d)\[[^]]*\]: `)

// nginxLine is how nginx heads one.
var nginxLine = regexp.MustCompile(`^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[(\w+)\] \d+#\d+: `)

// Judge tells how much a line that a process said matters, and returns it
// without the head that the log repeats. Of an app's line nothing is known.
func Judge(name, line string) (slog.Level, string) {
	switch name {
	case "stunnel":
		return judgeStunnel(line)
	case "nginx":
		return judgeNginx(line)
	case "varnishd":
		return judgeVarnish(line)
	case "varnishncsa":
		// It follows varnishd through restarts, which are told elsewhere.
		if strings.HasPrefix(line, "Log ") || strings.HasPrefix(line, "Failed to acquire log") {
			return slog.LevelDebug, line
		}
	}
	return slog.LevelInfo, line
}

// nginxConnection is how nginx names a connection in a line.
var nginxConnection = regexp.MustCompile(`^\*\d+ `)

// OfACrowd reports whether a line, as Judge returns it, is one that a daemon says
// of each connection that is too many for it, and returns what such lines have in
// common.
func OfACrowd(name, text string) (common string, crowd bool) {
	switch name {
	case "stunnel":
		return text, strings.HasPrefix(text, "Connection rejected: ") || strings.Contains(text, "Too many open files")
	case "nginx":
		common, _, _ = strings.Cut(nginxConnection.ReplaceAllString(text, ""), ", client: ")
		return common, strings.Contains(common, "worker_connections are not enough") || strings.Contains(common, "Too many open files")
	}
	return text, false
}

func judgeStunnel(line string) (slog.Level, string) {
	level, text := stunnelLevel(line)
	switch {
	// Said by every service that asks no client for a certificate, and about
	// every client that names a host no site claims.
	case strings.HasPrefix(text, "No trusted certificates found"), strings.HasPrefix(text, "SNI: no pattern matched"):
		return slog.LevelDebug, text
	// Said about every probe, whose socket has no name.
	case strings.HasPrefix(text, "getnameinfo:"):
		return slog.LevelDebug, text
	// Somebody else is asked then; where there is nobody stunnel says so.
	case strings.HasPrefix(text, "s_connect: connect "):
		return slog.LevelDebug, text
	// What a client does wrong is no trouble of the edge's.
	case strings.HasPrefix(text, "SSL_accept:"), strings.HasPrefix(text, "getpeername:"), strings.HasPrefix(text, "SSL_read:"), strings.HasPrefix(text, "SSL_shutdown:"),
		strings.HasPrefix(text, "SSL_write:"), strings.HasPrefix(text, "readsocket:"), strings.HasPrefix(text, "writesocket:"):
		return slog.LevelDebug, text
	}
	return level, text
}

// stunnelLevel reads the level from the head of a line. Until its file is read
// stunnel marks lines with a sign in brackets.
func stunnelLevel(line string) (slog.Level, string) {
	mark, text := "", line
	if head := stunnelLine.FindStringSubmatch(line); head != nil {
		mark, text = head[1], line[len(head[0]):]
	} else if len(line) > 4 && line[0] == '[' && line[2:4] == "] " {
		mark, text = line[1:2], line[4:]
	}
	switch mark {
	case "0", "1", "2", "3", "!":
		return slog.LevelError, text
	case "4", ":":
		return slog.LevelWarn, text
	}
	return slog.LevelDebug, text
}

func judgeNginx(line string) (slog.Level, string) {
	head := nginxLine.FindStringSubmatch(line)
	if head == nil {
		return slog.LevelInfo, line
	}
	text := line[len(head[0]):]
	if strings.HasPrefix(text, "unlink() ") && strings.Contains(text, "nginx.pid") {
		return slog.LevelDebug, text // one that was replaced has removed its successor's
	}
	switch head[1] {
	case "warn":
		// Both are known when the file is rendered: edgegen has changed the
		// user already, and has raised the limit as far as it may.
		if strings.Contains(text, `the "user" directive makes sense only`) || strings.Contains(text, "exceed open file resource limit") {
			return slog.LevelDebug, text
		}
		return slog.LevelWarn, text
	case "error", "crit", "alert", "emerg":
		return slog.LevelError, text
	}
	return slog.LevelDebug, text
}

func judgeVarnish(line string) (slog.Level, string) {
	level, text, found := strings.Cut(line, ": ")
	if !found {
		return slog.LevelDebug, line
	}
	switch level {
	case "Error":
		if strings.HasPrefix(text, "Manager got SIGTERM") {
			return slog.LevelDebug, text
		}
		return slog.LevelError, text
	case "Warning":
		return slog.LevelWarn, text
	case "Info", "Debug":
		return slog.LevelDebug, text
	}
	return slog.LevelInfo, line
}
