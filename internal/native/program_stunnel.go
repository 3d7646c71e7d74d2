package native

import (
	"log/slog"
	"strings"

	"edgegen/internal/render"
)

var (
	stunnelVersion = pattern(`(?m)^(?:\[.\] )?stunnel ([0-9]+(?:\.[0-9]+)+)`)
	stunnelBuild   = pattern(`(?m)(?:^| )(?:Threading|Sockets|TLS|Auth):(\S+)`)
)

func stunnelProgram() program {
	return program{
		versionArgument: "-version",
		version:         stunnelVersion(),
		parseFeatures:   func(text string) []string { return words(stunnelBuild(), text) },
		voices:          []voice{{"stunnel", judgeStunnel, stunnelCrowd, nil}},
		locate: func(said string, file render.File) []Position {
			return append(LocateStunnel(said, file.Name), LocateService(said, file.Data)...)
		},
	}
}

// stunnelLine is how stunnel heads a line: the time, the level as in syslog,
// and the connection.
var stunnelLine = pattern(`^\d{4}\.\d\d\.\d\d \d\d:\d\d:\d\d LOG(\d)\[[^]]*\]: `)

func stunnelCrowd(text string) (common string, crowd bool) {
	return text, strings.HasPrefix(text, "Connection rejected: ") || strings.Contains(text, "Too many open files")
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
	// stunnel then asks the next address, and says so if there is none.
	case strings.HasPrefix(text, "s_connect: connect "):
		return slog.LevelDebug, text
	// A client's mistake is no trouble of the edge's.
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
	if head := stunnelLine().FindStringSubmatch(line); head != nil {
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
