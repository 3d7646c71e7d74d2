package render

import (
	"bytes"

	"edgegen/internal/site"
)

// text is a template's output. A mark stands before and after each text that names a line of
// the HCL. The mark is a byte that no value can contain.
type text struct {
	marked   []byte
	named    []naming // between marks, in that order
	numbered bool     // with the lines of the templates that made it
}

// naming is a line of the HCL that a text names, in a comment or as a line of raw text.
type naming struct {
	site.Source
	raw bool
}

const mark = "\x01"

// placed returns the text without marks.
func (t text) placed() []byte {
	return bytes.ReplaceAll(t.unnumbered(), []byte(mark), nil)
}

// file is the text as a file.
func (t text) file(name string) File {
	file := File{Name: name, Data: t.placed(), Mode: 0o644, Mentions: t.mentions()}
	if t.numbered {
		file.made = madeLines(t.marked)
	}
	return file
}

// mentions lists the lines that name a line of the HCL.
func (t text) mentions() []Mention {
	var all []Mention
	line, within := 1, false
	for piece := range bytes.SplitSeq(t.unnumbered(), []byte(mark)) {
		if within {
			one := t.named[len(all)]
			all = append(all, Mention{line, one.Source, one.raw})
		}
		line += bytes.Count(piece, []byte("\n"))
		within = !within
	}
	return all
}

// unplaced returns the text with every named line of the HCL replaced by the same word, so
// that texts which differ only in these lines are equal.
func (t text) unplaced() []byte {
	kept := make([]byte, 0, len(t.marked))
	within := false
	for piece := range bytes.SplitSeq(t.unnumbered(), []byte(mark)) {
		if within {
			piece = []byte(unnamedPlace)
		}
		kept = append(kept, piece...)
		within = !within
	}
	return kept
}

// unnamedPlace is written in a comment about something that no line of the HCL says.
const unnamedPlace = "default"
