// Package printable keeps what a client, a file or a process says from commanding
// a terminal.
package printable

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text returns the text with U+FFFD in place of every character that cannot be
// printed. Line ends and tabs are among these.
func Text(text string) string {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return strings.Map(shown, text)
		}
	}
	return text
}

func shown(c rune) rune {
	if unicode.IsPrint(c) {
		return c
	}
	return utf8.RuneError
}

// FirstLine cuts an error to its first line, for a log: the other lines are told elsewhere.
func FirstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
