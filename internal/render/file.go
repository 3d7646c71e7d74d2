package render

import (
	"bytes"
	"io/fs"

	"edgegen/internal/site"
)

// File is one rendered file.
type File struct {
	Name string // relative to Layout.Dir, with forward slashes
	Data []byte
	Mode fs.FileMode
	// Mentions are the lines that name one of the HCL, from the first.
	Mentions []Mention
	made     []madeLine // of templates, where somebody has their own
}

// Mention is a line of a file, and the line of the HCL that it names. That is the
// zero Source where the file says that something is a default.
type Mention struct {
	Line   int // from 1
	Source site.Source
	Raw    bool // the line is the owner's own, as it stands there
}

// Source returns where in the HCL a line of the file came from: what the line
// names or, failing that, the nearest one above it. False means that nothing is
// named, or a default, or that there is no such line.
func (f File) Source(line int) (source site.Source, ok bool) {
	place := f.Mention(line)
	return place.Source, place.Source.Line > 0
}

// Mention is what Source goes by.
func (f File) Mention(line int) (nearest Mention) {
	if line < 1 || line > bytes.Count(f.Data, []byte("\n"))+1 {
		return Mention{}
	}
	for _, place := range f.Mentions {
		if place.Line > line {
			break
		}
		nearest = place
	}
	nearest.Raw = nearest.Raw && nearest.Line == line
	return nearest
}
