package render

import (
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
}

// functions are those of a template that are for one program.
func (p *placeholder) functions() template.FuncMap {
	return template.FuncMap{"source": p.comment, "at": p.remember, "raw": p.raw}
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
