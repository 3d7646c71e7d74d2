package printable

import "strings"

// FirstLine cuts an error to its first line, for a log: the other lines are told elsewhere.
func FirstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
