package render

import (
	"bytes"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"
)

// A template of somebody's own writes the number of its line in front of each of its
// texts, between two bytes that no value can bring along. They are taken out of what
// was made, and tell which line of the template made which line of the file.
const numberMark = '\x02'

// numberLines has a template write its numbers.
func numberLines(of *template.Template, base, source string) {
	for _, one := range of.Templates() {
		if one.Tree != nil && one.Tree.ParseName == base {
			numberNodes(one.Tree.Root, source)
		}
	}
}

func numberNodes(list *parse.ListNode, source string) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.TextNode:
			n.Text = numbered(n.Text, 1+strings.Count(source[:n.Pos], "\n"))
		case *parse.IfNode:
			numberNodes(n.List, source)
			numberNodes(n.ElseList, source)
		case *parse.RangeNode:
			numberNodes(n.List, source)
			numberNodes(n.ElseList, source)
		case *parse.WithNode:
			numberNodes(n.List, source)
			numberNodes(n.ElseList, source)
		}
	}
}

func numbered(text []byte, line int) []byte {
	var out []byte
	for piece := range bytes.SplitAfterSeq(text, []byte("\n")) {
		out = append(out, numberMark)
		out = strconv.AppendInt(out, int64(line), 10)
		out = append(append(out, numberMark), piece...)
		line++
	}
	return out
}

// withoutNumbers is what was made, as it is meant to be.
func withoutNumbers(made []byte, own string) []byte {
	if own == "" {
		return made
	}
	var out []byte
	for i, piece := range bytes.Split(made, []byte{numberMark}) {
		if i%2 == 0 {
			out = append(out, piece...)
		}
	}
	return out
}

// madeLine says which line of a template made the lines of a file from one on.
type madeLine struct {
	line, by int
	said     bool // more than space: what begins a line says whose it is
}

func madeLines(made []byte) (lines []madeLine) {
	line, pieces := 1, bytes.Split(made, []byte{numberMark})
	for i := 1; i+1 < len(pieces); i += 2 {
		by, _ := strconv.Atoi(string(pieces[i])) // it was written by numbered
		text := pieces[i+1]
		line += bytes.Count(pieces[i-1], []byte("\n"))
		begins, _, _ := bytes.Cut(text, []byte("\n"))
		last := len(lines) - 1
		switch {
		case last < 0 || lines[last].line != line:
			lines = append(lines, madeLine{line, by, len(bytes.TrimSpace(begins)) > 0})
		case !lines[last].said:
			lines[last].by, lines[last].said = by, len(bytes.TrimSpace(begins)) > 0
		}
	}
	return lines
}

// madeBy is the line of the file's template that made a line of it.
func (f File) madeBy(line int) (by int) {
	for _, one := range f.made {
		if one.line > line {
			break
		}
		by = one.by
	}
	return by
}
