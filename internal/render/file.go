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
	// Mentions are the lines that name a line of the HCL, in the order of the file.
	Mentions []Mention
	made     []madeLine // the template lines that made it; only with templates of the owner
}

// Mention is a line of a rendered file that names a line of the HCL. Source is zero if it
// says that something is a default.
type Mention struct {
	Line   int // from 1
	Source site.Source
	Raw    bool // the line is raw text, copied from there
}

// Source returns the line of the HCL that a line of the file came from: the one that the
// line names, or else the nearest one named above it. False means that none is named, that
// it is a default, or that the file has no such line.
func (f File) Source(line int) (source site.Source, ok bool) {
	place := f.Mention(line)
	return place.Source, place.Source.Line > 0
}

// Mention returns the mention that Source goes by.
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
