package render

import (
	"bytes"
	"strconv"
	"strings"
	"text/template"

	"edgegen/internal/site"
)

// placeholder records the HCL lines that a template names while it runs. The last one is
// reported if a value that follows cannot be quoted.
type placeholder struct {
	last    site.Source
	written []naming // between marks

	out   *bytes.Buffer   // what the template has made so far; nil where that may not be its beginning
	notes map[string]bool // that it names, once it was asked; in lower case
}

// functions are those of a template that are for one program.
func (p *placeholder) functions() template.FuncMap {
	return template.FuncMap{"source": p.comment, "at": p.remember, "raw": p.raw, "named": p.named}
}

// remember is for a value that comes before its comment.
func (p *placeholder) remember(source site.Source) string {
	p.last = source
	return ""
}

func (p *placeholder) comment(source site.Source) string {
	p.last = source
	p.written = append(p.written, naming{source, false})
	if source.Line == 0 {
		return mark + unnamedPlace + mark
	}
	return mark + plain(source.File+":"+strconv.Itoa(source.Line)) + mark
}

// raw writes text as it is, each line with its place.
func (p *placeholder) raw(text site.Raw) string {
	var out strings.Builder
	for _, line := range text {
		p.written = append(p.written, naming{line.Source, true})
		out.WriteString("\n" + mark + mark + line.Text)
	}
	return out.String()
}

// named reports whether the part of the file above uses a note; above the place of its first
// call, that is. It is always true with templates of the owner, which may use notes below.
func (p *placeholder) named(note string) bool {
	if p.out == nil {
		return true
	}
	if p.notes == nil {
		p.notes = notesIn(p.out.String())
	}
	return p.notes[strings.ToLower(note)]
}

// notesIn returns the notes that a text uses, in lower case. It does without a regular
// expression, which would take a third of the time for rendering.
func notesIn(text string) map[string]bool {
	prefix := strings.ToLower(site.NotePrefix)
	notes := map[string]bool{}
	for _, rest, ok := strings.Cut(strings.ToLower(text), prefix); ok; _, rest, ok = strings.Cut(rest, prefix) {
		end := strings.IndexFunc(rest, func(r rune) bool { return r != '-' && (r < 'a' || r > 'z') })
		if end < 0 {
			end = len(rest)
		}
		notes[prefix+rest[:end]] = true
	}
	return notes
}
