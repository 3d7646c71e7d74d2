package render

import (
	"bytes"
	"strconv"
	"strings"
	"text/template"

	"edgegen/internal/site"
)

// placeholder remembers the HCL lines that a template writes down. The last is
// the one whose values it is placing.
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

// remember is for a line whose comment stands behind the value.
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

// named reports whether what stands above in the file, the first time it is asked, names a
// note. It is true for all where a template of somebody's own may name some further down.
func (p *placeholder) named(note string) bool {
	if p.out == nil {
		return true
	}
	if p.notes == nil {
		p.notes = notesIn(p.out.String())
	}
	return p.notes[strings.ToLower(note)]
}

// notesIn are the notes that a text names, in lower case. A regular expression would take
// a third of what rendering takes.
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
