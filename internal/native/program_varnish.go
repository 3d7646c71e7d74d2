package native

import (
	"log/slog"
	"strings"

	"edgegen/internal/render"
)

var (
	varnishVersion   = pattern(`(?m)^(?:varnishd|vinyld) \([A-Za-z][A-Za-z-]*-([0-9]+(?:\.[0-9]+)+)`)
	varnishParameter = pattern(`(?m)^([a-z][a-z0-9_]*)\n~+$`)
)

func varnishProgram() program {
	return program{
		versionArgument:  "-V",
		featureArguments: []string{"-x", "parameter"},
		version:          varnishVersion(),
		parseFeatures:    func(text string) []string { return words(varnishParameter(), text) },
		voices:           []voice{{"varnishd", judgeVarnish, nil, nil}},
		locate:           func(said string, file render.File) []Position { return LocateVCC(said, file.Name) },
		complaints:       varnishComplaints,
	}
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
		// Nothing but speed depends on whether its log may be paged out, which the limit of
		// an ordinary user is too low to keep from happening. Said from 7.6 on.
		if strings.HasPrefix(text, "mlock() of VSM failed") {
			return slog.LevelDebug, text
		}
		return slog.LevelWarn, text
	case "Info", "Debug":
		return slog.LevelDebug, text
	}
	return slog.LevelInfo, line
}
