// Package rawtext looks at text that a site's owner writes in the language of a
// daemon, and that goes into the daemon's file as it is: whether it stays in the block
// that it is put into. It cuts a text into words exactly as the daemon does, so that
// both agree where a block ends. Whether the text makes sense is for the daemon to say.
package rawtext

import (
	"fmt"
	"slices"
	"strings"
)

// Problem is why a text is refused.
type Problem struct {
	Line   int    // of the text, from 1
	What   string // is wrong, behind the name of what holds the text
	Remedy string
}

func problem(line int, remedy, format string, values ...any) *Problem {
	return &Problem{Line: line, What: fmt.Sprintf(format, values...), Remedy: remedy}
}

const (
	outOfBlock  = `has a "}" that ends the block around the text`
	openBlock   = `has a "{" without its "}"`
	noSemicolon = `ends within a statement`
)

// Lines cuts a text into lines, without empty ones at its end.
func Lines(text string) []string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// control refuses what no file of a daemon has in it.
func control(text string) *Problem {
	bad := func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' || r == 0x7f }
	if at := strings.IndexFunc(text, bad); at >= 0 {
		return problem(1+strings.Count(text[:at], "\n"), "leave it out", "has a control character")
	}
	return nil
}

// blocks are those that are open at a place.
type blocks struct {
	names []string
	lines []int // in which each begins
}

func (b *blocks) open(name string, line int) {
	b.names, b.lines = append(b.names, name), append(b.lines, line)
}

// shut ends the innermost block; false where there is none.
func (b *blocks) shut() bool {
	last := len(b.names) - 1
	if last < 0 {
		return false
	}
	b.names, b.lines = b.names[:last], b.lines[:last]
	return true
}

// left is the problem of a block that is still open.
func (b *blocks) left() *Problem {
	if len(b.lines) == 0 {
		return nil
	}
	return problem(b.lines[len(b.lines)-1], `end the block with "}"`, openBlock)
}

func (b *blocks) within(names ...string) bool {
	return slices.ContainsFunc(b.names, func(name string) bool { return slices.Contains(names, name) })
}
