package generation

import (
	"slices"
	"strings"

	"edgegen/internal/native"
	"edgegen/internal/site"
)

// ownLines are the lines of a daemon's files that are the owner's: raw text, and what
// templates of one's own make. A daemon that looks at its configuration as a whole names
// no line, or the end of a block; what it quotes tells which of these is meant.
type ownLines []ownLine

type ownLine struct {
	blamed
	raw  bool
	said string // what stands there
}

func (g *Generation) ownLines(engine site.Engine) (own ownLines) {
	for _, file := range g.Output.Of(engine).Files {
		n := 0
		for text := range strings.Lines(string(file.Data)) {
			n++
			raw := file.Mention(n).Raw
			if raw || g.Templates.Place(file, n, "") != nil {
				own = append(own, ownLine{blamed{file: file, line: n}, raw, strings.TrimSpace(text)})
			}
		}
	}
	return own
}

// meant is the line that a complaint is about in which a line is named: another one where
// that is edgegen's, and all that the complaint quotes stands in a line of the owner's.
func (own ownLines) meant(at blamed) blamed {
	if slices.ContainsFunc(own, func(o ownLine) bool { return o.line == at.line && o.file.Name == at.file.Name }) {
		return at
	}
	names := native.Quoted(at.text)
	if lines, most := own.naming(names); most > 0 && most == len(names) {
		return lines[0].saying(at.text)
	}
	if lines := own.inService(at); len(lines) > 0 {
		if named, most := lines.naming(names); most > 0 {
			return named[0].saying(at.text)
		}
		return lines[0].saying(at.text)
	}
	return at
}

// about are the lines that a complaint is about in which no line is named: those that have
// the most of what it quotes, or else the first of the owner's raw text.
func (own ownLines) about(c native.Complaint) (at []blamed) {
	lines, most := own.naming(c.Names)
	if most == 0 {
		lines = nil
		if first := slices.IndexFunc(own, func(o ownLine) bool { return o.raw && !o.isComment() }); first >= 0 {
			lines = own[first : first+1]
		}
	}
	for _, line := range lines {
		at = append(at, line.saying(c.Text))
	}
	return at
}

// naming are the lines that have the most of some names, and how many those are.
func (own ownLines) naming(names []string) (lines ownLines, most int) {
	for _, line := range own {
		has := 0
		for _, name := range names {
			if line.names(name) {
				has++
			}
		}
		if has > most {
			lines, most = nil, has
		}
		if has > 0 && has == most {
			lines = append(lines, line)
		}
	}
	return lines, most
}

// inService are the options of the service that a line of stunnel.conf begins.
func (own ownLines) inService(at blamed) (lines ownLines) {
	text := strings.Split(string(at.file.Data), "\n")
	begins := func(line int) bool { return strings.HasPrefix(text[line-1], "[") }
	if at.line < 1 || at.line > len(text) || !begins(at.line) {
		return nil
	}
	for _, line := range own {
		if line.file.Name != at.file.Name || line.line < at.line || line.isComment() {
			continue
		}
		if !slices.ContainsFunc(text[at.line:line.line], func(s string) bool { return strings.HasPrefix(s, "[") }) {
			lines = append(lines, line)
		}
	}
	return lines
}

func (o ownLine) isComment() bool {
	return o.said == "" || o.said[0] == '#' || o.said[0] == ';' || strings.HasPrefix(o.said, "//")
}

func (o ownLine) saying(text string) blamed { return blamed{o.file, o.line, text} }

// names reports whether a name stands in the line as a word: $name also as ${name}.
func (o ownLine) names(name string) bool {
	if o.isComment() {
		return false
	}
	if bare, isVariable := strings.CutPrefix(name, "$"); isVariable && strings.Contains(o.said, "${"+bare+"}") {
		return true
	}
	for rest, before := o.said, byte(' '); ; {
		n := strings.Index(rest, name)
		if n < 0 || name == "" {
			return false
		}
		if n > 0 {
			before = rest[n-1]
		}
		rest = rest[n+len(name):]
		if !(isWord(before) && isWord(name[0])) && !(rest != "" && isWord(rest[0]) && isWord(name[len(name)-1])) {
			return true
		}
		before = name[len(name)-1]
	}
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
