package tiers

import (
	"errors"
	"log/slog"
	"strings"

	"edgegen/internal/native"
	"edgegen/internal/printable"
	"edgegen/internal/supervise"
)

// reasonOf tells in a line why a process is not well. Of its last output it keeps only
// what has to do with that.
func reasonOf(name string, err error) string {
	if err == nil {
		return ""
	}
	exit := (*supervise.ExitError)(nil)
	if !errors.As(err, &exit) {
		return printable.FirstLine(err)
	}
	told := *exit
	told.Exit.Output = nil
	for _, line := range exit.Exit.Output {
		level, text := native.Judge(name, line)
		if level > slog.LevelDebug || text == line {
			told.Exit.Output = append(told.Exit.Output, text)
		}
	}
	return printable.FirstLine(errors.New(strings.Replace(err.Error(), exit.Error(), told.Error(), 1)))
}
