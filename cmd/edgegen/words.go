package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// columns is the width of a terminal, 0 for anything else.
func columns(w io.Writer) int {
	file, ok := w.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// wrap breaks a text at its spaces. A width of less than a few words breaks
// nothing.
func wrap(text string, width int) []string {
	const least = 20
	if width < least {
		return []string{text}
	}
	var lines []string
	length := 0
	for word := range strings.FieldsSeq(text) {
		size := len([]rune(word))
		if len(lines) == 0 || length+1+size > width {
			lines, length = append(lines, word), size
			continue
		}
		lines[len(lines)-1] += " " + word
		length += 1 + size
	}
	return lines
}

func plural(n int, thing string) string {
	switch n {
	case 0:
		return "no " + thing
	case 1:
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
