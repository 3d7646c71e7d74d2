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
	"sync"
	"text/template"

	"github.com/Masterminds/sprig/v3"

	"edgegen/internal/site"
	"edgegen/templates"
)

// program is a template. It can be run several times, but not by several goroutines at once.
type program struct {
	name  string
	text  *template.Template
	place *placeholder
	own   *Templates // nil for none
}

// functions returns the functions that templates may call. They are few and pure. Of
// sprig's, only those named here are among them.
func functions(place *placeholder) template.FuncMap {
	functions := template.FuncMap{
		"plain":         plain,
		"some":          some,
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

// compile parses a template with the others of its daemon, which it may include by their
// file names and by the names that they define. The owner's templates are parsed after
// edgegen's, and the named one last, since the last definition of a name counts.
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

// parsed holds edgegen's own templates, a set for each daemon. A set is parsed once, however
// often an edge reloads; programs run copies of it.
var parsed sync.Map

// own is compile for one of edgegen's own templates.
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

// program returns the template of that name. If any template of its daemon differs from
// edgegen's, all of that daemon's are compiled from the owner's directory.
func (h header) program(name string) (*program, error) {
	if !slices.Contains(h.templates.Engines(), site.Engine(path.Dir(name))) {
		return own(name)
	}
	return compile(h.templates, name)
}

// run executes the template.
func (p *program) run(view any) (text, error) {
	var out bytes.Buffer
	p.place.written, p.place.notes, p.place.out = nil, nil, nil
	if p.own == nil {
		p.place.out = &out
	}
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
