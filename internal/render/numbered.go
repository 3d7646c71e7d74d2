package render

import (
	"bytes"
	"path"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"
)

// With templates of the owner, each text of a template is preceded by the template's name
// and line number, between two bytes that no value can contain. These marks say which line
// of which template made a line of the file, and are removed from the output.
const numberMark = '\x02'

// numberLines adds these marks to a template of the set, and to the templates that it defines.
func numberLines(set *template.Template, name, source string) {
	for _, one := range set.Templates() {
		if one.Tree != nil && one.Tree.ParseName == path.Base(name) {
			numberNodes(one.Tree.Root, name, source)
		}
	}
}

func numberNodes(list *parse.ListNode, name, source string) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.TextNode:
			n.Text = numbered(n.Text, name, 1+strings.Count(source[:n.Pos], "\n"))
		case *parse.IfNode:
			numberNodes(n.List, name, source)
			numberNodes(n.ElseList, name, source)
		case *parse.RangeNode:
			numberNodes(n.List, name, source)
			numberNodes(n.ElseList, name, source)
		case *parse.WithNode:
			numberNodes(n.List, name, source)
			numberNodes(n.ElseList, name, source)
		}
	}
}

func numbered(text []byte, name string, line int) []byte {
	var out []byte
	for piece := range bytes.SplitAfterSeq(text, []byte("\n")) {
		out = append(append(append(out, numberMark), name...), ':')
		out = strconv.AppendInt(out, int64(line), 10)
		out = append(append(out, numberMark), piece...)
		line++
	}
	return out
}

// unnumbered returns the output without the marks of numberLines.
func (t text) unnumbered() []byte {
	if !t.numbered {
		return t.marked
	}
	var out []byte
	for i, piece := range bytes.Split(t.marked, []byte{numberMark}) {
		if i%2 == 0 {
			out = append(out, piece...)
		}
	}
	return out
}

// madeLine says which template line made the lines of a file from line on, up to the next
// madeLine.
type madeLine struct {
	line int
	by   templateLine
	said bool // it wrote more than space; the first text that does owns the line
}

// templateLine is a line of a template, which has a name such as nginx/nginx.conf.tmpl.
type templateLine struct {
	name string
	line int
}

func madeLines(made []byte) (lines []madeLine) {
	line, pieces := 1, bytes.Split(made, []byte{numberMark})
	for i := 1; i+1 < len(pieces); i += 2 {
		name, number, _ := strings.Cut(string(pieces[i]), ":")
		at, _ := strconv.Atoi(number) // it was written by numbered
		by, text := templateLine{name, at}, pieces[i+1]
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

// madeBy returns the template line that made a line of the file; zero if there are only
// edgegen's own templates.
func (f File) madeBy(line int) (by templateLine) {
	for _, one := range f.made {
		if one.line > line {
			break
		}
		by = one.by
	}
	return by
}
