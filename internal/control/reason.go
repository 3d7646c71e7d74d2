package control

import (
	"errors"
	"log/slog"
	"strings"

	"edgegen/internal/native"
	"edgegen/internal/supervise"
)

// reasonOf tells in a line why a process is not well. Of what it said last only
// that is kept which has to do with it.
func reasonOf(name string, err error) string {
	if err == nil {
		return ""
	}
	exit := (*supervise.ExitError)(nil)
	if !errors.As(err, &exit) {
		return firstLine(err)
	}
	told := *exit
	told.Exit.Output = nil
	for _, line := range exit.Exit.Output {
		level, text := native.Judge(name, line)
		if level > slog.LevelDebug || text == line {
			told.Exit.Output = append(told.Exit.Output, text)
		}
	}
	return firstLine(errors.New(strings.Replace(err.Error(), exit.Error(), told.Error(), 1)))
}

// firstLine keeps a message of several lines out of the log, where what follows
// is told elsewhere.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
