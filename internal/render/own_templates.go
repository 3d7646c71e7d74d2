package render

import (
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"

	"edgegen/templates"
)

// TemplateFiles are the templates of the program, and what there is to know for
// whoever changes them, in README.md.
func TemplateFiles() ([]File, error) {
	names, err := TemplateNames()
	if err != nil {
		return nil, err
	}
	var files []File
	for _, name := range names {
		text, err := fs.ReadFile(templates.FS, name)
		if err != nil {
			return nil, err
		}
		files = append(files, File{Name: name, Data: text, Mode: 0o644})
	}
	return append(files, File{Name: "README.md", Data: dataModel(names), Mode: 0o644}), nil
}

// viewOf is what a template is given, without anything in it; nil for one that only
// defines what others use.
func viewOf(name string) any {
	switch name {
	case "nginx/nginx.conf.tmpl":
		return nginxData{}
	case "stunnel/stunnel.conf.tmpl":
		return stunnelData{}
	case "varnish/dispatch.vcl.tmpl":
		return vclDispatch{}
	case "varnish/varnishd.args.tmpl":
		return argumentsData{}
	}
	switch {
	case name == "varnish/route.vcl.tmpl", strings.HasPrefix(name, "nginx/nginx_"):
		return nil
	case strings.HasPrefix(name, "varnish/"):
		return vclData{}
	}
	return includedData{}
}

// functionWords says of each function of the templates what it is for.
func functionWords() map[string]string {
	return map[string]string{
		"plain": "a text in a comment: one line, and no long one", "source": "the line of the site that a rule comes from, in a comment; errors are told at it",
		"at": "the same where the comment stands behind the value; writes nothing", "seconds": "a duration in whole seconds", "decimal": "a duration in seconds, with a point",
		"nginxtime": "a duration as nginx has it", "vcl": "a string of VCL", "vcltext": "a string of VCL in which parts are headers", "vclname": "the name of a header in VCL", "cstring": "a string of C within VCL",
		"nginx": "a quoted string of nginx", "nginxregexp": "a quoted regular expression of nginx", "nginxword": "a word of nginx without variables", "nginxredirect": "where a redirect leads",
		"nginxtry": "an entry of try_files", "nginxindex": "the condition that a directory has an index file", "stunnel": "a value of stunnel's", "args": "a word of varnishd.args",
		"raw": "text of the owner's own, as it is, each line behind a line break", "named": "whether a note is named further up in the file, or may be further down", "list": "several values in one", "repeat": "a text several times", "some": "whether one of several things has a field that says something; names in between lead to lists of others",
	}
}

// dataModel documents what templates are given and may call, from the code itself.
func dataModel(names []string) []byte {
	var out strings.Builder
	out.WriteString(`# The templates of edgegen

    edgegen up --templates DIRECTORY
    edgegen render --templates DIRECTORY -o OUTPUT

put the templates of a directory in the place of those that have the same names.
What is not changed can be left out: it is edgegen's own then, also that of the next
version. They are templates of Go's text/template; {{ .Field }} is a field of what is
listed below. Nothing is escaped by itself: every value has to pass the function of
its file's language, or it can add a directive.

The templates of one daemon may use each other by name, as default.vcl.tmpl uses the
others of VCL. One that holds all of it itself, as that of an earlier version does, is
all that is needed of them.

A running edge reads them at every reload, which up --watch begins when one changes; a
template that cannot be filled in, or whose file its daemon refuses, is told at its
line and changes nothing. A tier whose daemon has a template here that differs from
edgegen's is never builtin, and nobody stands in for its daemon. What a template leaves
out, edgegen does not notice: it is the owner's then that the contract holds.

## Functions

`)
	words := functionWords()
	for _, name := range sortedKeys(functions(&placeholder{})) {
		fmt.Fprintf(&out, "- `%s`: %s\n", name, words[name])
	}
	out.WriteString("\n## What each is given\n\n")
	described := &described{}
	for _, name := range names {
		given := "parts of others"
		if view := viewOf(name); view != nil {
			given = described.name(reflect.TypeOf(view))
		}
		fmt.Fprintf(&out, "- `%s`: %s\n", name, given)
	}
	out.WriteString("\n## Kinds\n")
	for i := 0; i < len(described.kinds); i++ { // it grows
		described.write(&out, described.kinds[i])
	}
	return []byte(out.String())
}

func sortedKeys[V any](of map[string]V) []string {
	var keys []string
	for key := range of {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// described are the kinds of values that there are, in the order in which they are
// met.
type described struct{ kinds []reflect.Type }

// name is what a kind is called; a struct of ours is described below.
func (d *described) name(kind reflect.Type) string {
	switch kind.Kind() {
	case reflect.Pointer:
		return d.name(kind.Elem()) + ", or nothing"
	case reflect.Slice:
		return "list of " + d.name(kind.Elem())
	}
	if !strings.HasPrefix(kind.PkgPath(), "edgegen/") || kind.Kind() != reflect.Struct {
		return "`" + strings.TrimPrefix(strings.TrimPrefix(kind.String(), "render."), "site.") + "`"
	}
	if !slices.Contains(d.kinds, kind) {
		d.kinds = append(d.kinds, kind)
	}
	return "`" + kind.Name() + "`"
}

func (d *described) write(out *strings.Builder, kind reflect.Type) {
	fmt.Fprintf(out, "\n### %s\n\n", kind.Name())
	for _, field := range reflect.VisibleFields(kind) {
		if field.IsExported() && len(field.Index) == 1 || field.IsExported() && !field.Anonymous && len(field.Index) == 2 && !kind.Field(field.Index[0]).IsExported() {
			fmt.Fprintf(out, "- `%s`: %s\n", field.Name, d.name(field.Type))
		}
	}
	asked := reflect.PointerTo(kind) // templates call what can be addressed
	for i := range asked.NumMethod() {
		if method := asked.Method(i); method.Type.NumIn() == 1 && method.Type.NumOut() > 0 {
			fmt.Fprintf(out, "- `%s`: %s, as it follows from the others\n", method.Name, d.name(method.Type.Out(0)))
		}
	}
}
