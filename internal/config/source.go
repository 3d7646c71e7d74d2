package config

import (
	"bytes"
	"sort"

	"github.com/apparentlymart/go-textseg/v17/textseg"
	"github.com/hashicorp/hcl/v2"
)

// source is the text of one HCL file.
type source struct {
	shown   string // the path as the user gave it
	name    string // relative to the loaded root, with forward slashes
	path    string // absolute
	content []byte
	// breaks are the offsets in content before which the parser is given one
	// more line break than the file has; see inline.go.
	breaks []int
	lines  []int // the offset each line begins at
}

func newSource(shown, name, path string, content []byte) *source {
	s := &source{shown: shown, name: name, path: path, content: content}
	s.lines = append(make([]int, 0, 1+bytes.Count(content, []byte("\n"))), 0)
	for i, b := range content {
		if b == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// offset maps an offset in the text that was parsed to one in the file.
func (s *source) offset(parsed int) int {
	n := sort.Search(len(s.breaks), func(i int) bool { return s.breaks[i]+i >= parsed })
	return min(max(parsed-n, 0), len(s.content))
}

// parsedText is the content with the additional line breaks.
func (s *source) parsedText() []byte { return withBreaks(s.content, s.breaks) }

func withBreaks(content []byte, breaks []int) []byte {
	if len(breaks) == 0 {
		return content
	}
	out := make([]byte, 0, len(content)+len(breaks))
	done := 0
	for _, at := range breaks {
		out = append(append(out, content[done:at]...), '\n')
		done = at
	}
	return append(out, content[done:]...)
}

// text returns what stands in the range.
func (s *source) text(r hcl.Range) string {
	from, to := s.offset(r.Start.Byte), s.offset(r.End.Byte)
	return string(s.content[from:max(from, to)])
}

// line returns the 1-based number of the line that holds an offset.
func (s *source) line(offset int) int {
	return sort.SearchInts(s.lines, offset+1)
}

// locate writes the place of a range into a diagnostic.
func (s *source) locate(d *Diagnostic, r hcl.Range) {
	from, to := s.offset(r.Start.Byte), s.offset(r.End.Byte)
	d.File = s.shown
	d.Line, d.Column = s.position(from)
	d.EndLine, d.EndColumn = s.position(max(from, to))
	d.Byte, d.EndByte = from, max(from, to)
	d.Snippet = s.lineText(d.Line)
}

func (s *source) position(offset int) (line, column int) {
	line = s.line(offset)
	return line, 1 + len(characters(string(s.content[s.lines[line-1]:offset])))
}

// lineText returns a line without its end; "" where there is none.
func (s *source) lineText(line int) string {
	if line < 1 || line > len(s.lines) {
		return ""
	}
	text, _, _ := bytes.Cut(s.content[s.lines[line-1]:], []byte("\n"))
	return string(bytes.TrimSuffix(text, []byte("\r")))
}

// characters splits text into what a person counts as characters.
func characters(text string) []string {
	var out []string
	for rest := []byte(text); len(rest) > 0; {
		n, cluster, err := textseg.ScanGraphemeClusters(rest, true)
		if err != nil || n == 0 {
			return append(out, string(rest))
		}
		out, rest = append(out, string(cluster)), rest[n:]
	}
	return out
}
