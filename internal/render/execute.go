package render

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/template"
	"time"

	"github.com/Masterminds/sprig/v3"

	"edgegen/internal/site"
	"edgegen/templates"
)

// program is a template that can be run several times, though not at once.
type program struct {
	name  string
	text  *template.Template
	place *placeholder
	own   *Templates // nil for none
}

// functions are what a template may call. They are few and pure; of sprig's, only
// those named here.
func functions(place *placeholder) template.FuncMap {
	functions := template.FuncMap{
		"plain":         plain,
		"seconds":       wholeSeconds,
		"decimal":       decimalSeconds,
		"nginxtime":     nginxTime,
		"vcl":           quoteVCL,
		"vcltext":       quoteVCLExpression,
		"vclname":       quoteVCLName,
		"cstring":       quoteC,
		"nginx":         quoteNginx,
		"nginxregexp":   quoteNginxRegexp,
		"nginxword":     quoteNginxWord,
		"nginxredirect": quoteNginxRedirect,
		"nginxtry":      quoteNginxTry,
		"nginxindex":    quoteNginxIndex,
		"stunnel":       quoteStunnel,
		"args":          quoteArgument,
	}
	all := sprig.TxtFuncMap()
	for _, allowed := range []string{"list", "repeat"} {
		functions[allowed] = all[allowed]
	}
	maps.Copy(functions, place.functions())
	return functions
}

// compile reads a template with the others of its daemon, which it may use by their
// file names and by what they define. Somebody's own are read behind edgegen's, and the
// one asked for is read last: what several define is as the last one has it.
func compile(own *Templates, name string) (*program, error) {
	names, err := fs.Glob(templates.FS, path.Dir(name)+"/*.tmpl")
	if err != nil {
		return nil, err
	}
	rank := func(of string) int {
		switch {
		case of == name:
			return 2
		case own.path(of) != "":
			return 1
		}
		return 0
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(rank(a), rank(b)) })
	place := &placeholder{}
	set := template.New(path.Base(name)).Option("missingkey=error").Funcs(functions(place))
	for _, one := range names {
		written, err := own.text(one)
		if err != nil {
			return nil, err
		}
		if _, err = set.New(path.Base(one)).Parse(string(written)); err != nil {
			return nil, own.problem(one, err)
		}
		if own != nil {
			numberLines(set, one, string(written))
		}
	}
	return &program{name, set.Lookup(path.Base(name)), place, own}, nil
}

// parsed are the templates of the program, a set for each daemon. Each is parsed once,
// however often an edge reloads, and is never run itself: what runs is a copy.
var parsed sync.Map

// own is compile for a template of the program.
func own(name string) (*program, error) {
	set, ok := parsed.Load(path.Dir(name))
	if !ok {
		p, err := compile(nil, name)
		if err != nil {
			return nil, err
		}
		set, _ = parsed.LoadOrStore(path.Dir(name), p.text)
	}
	copied, err := set.(*template.Template).Clone()
	if err != nil {
		return nil, fmt.Errorf("copy template %s: %w", name, err)
	}
	place := &placeholder{}
	return &program{name, copied.Funcs(place.functions()).Lookup(path.Base(name)), place, nil}, nil
}

// program is the template of that name: somebody's own, or else edgegen's.
func (h header) program(name string) (*program, error) {
	if h.templates == nil {
		return own(name)
	}
	return compile(h.templates, name)
}

// run fills the template in.
func (p *program) run(view any) (text, error) {
	var out bytes.Buffer
	p.place.written = nil
	if err := p.text.Execute(&out, view); err != nil {
		var bad *ValueError
		if errors.As(err, &bad) {
			bad.Source = p.place.last
			return text{}, bad
		}
		return text{}, p.own.problem(p.name, err)
	}
	return text{out.Bytes(), p.place.written, p.own != nil}, nil
}

// text is what a template made, with a mark on either side of what names a
// line of the HCL. The mark is a byte that no value can bring along.
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

// placed is the text with its comments as they are meant to be.
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

// mentions lists the lines that name one of the HCL.
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

// unplaced is the text as if nothing came from a line of the HCL, which tells
// whether two texts mean the same.
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

// unnamedPlace stands in a comment about what comes from no line.
const unnamedPlace = "default"

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

// longestComment is where a text in a comment is cut off. nginx refuses a
// comment of more than 4 KiB, and nobody reads one.
const longestComment = 300

// plain makes a text fit for a comment: one line, and no long one, whatever a
// file is called.
func plain(s string) string {
	if len(s) > longestComment {
		s = strings.ToValidUTF8(s[:longestComment], "") + "..."
	}
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return '?'
		}
		return r
	}, s)
}

// wholeSeconds writes a duration for a daemon that counts in seconds, never as
// zero, which would mean "for ever" or "at once".
func wholeSeconds(d time.Duration) int64 {
	return max(1, int64((d+time.Second-1)/time.Second))
}

// decimalSeconds writes a duration as varnishd's parameters take it.
func decimalSeconds(d time.Duration) string {
	return strconv.FormatFloat(max(d.Seconds(), 0.001), 'f', -1, 64)
}

// nginxTime writes a duration as nginx takes it, to the millisecond.
func nginxTime(d time.Duration) string {
	if d%time.Second == 0 && d > 0 {
		return strconv.FormatInt(int64(d/time.Second), 10) + "s"
	}
	return strconv.FormatInt(max(1, d.Milliseconds()), 10) + "ms"
}
