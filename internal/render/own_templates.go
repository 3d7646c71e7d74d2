package render

import (
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"

	"edgegen/templates"
)

// TemplateFiles returns edgegen's own templates, and a README.md that documents them for
// somebody who writes templates of their own.
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

// viewOf returns an empty value of the type that a template is executed with; nil for a
// template that only defines parts of others.
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

// functionWords has a line of documentation for each function that templates may call.
func functionWords() map[string]string {
	return map[string]string{
		"plain":  "text for a comment: control characters are replaced, and a long text is cut off",
		"source": "FILE:LINE of the site file, for a comment; an error in a value that follows is reported at that line",
		"at":     "like source, for a value that stands before its comment; writes nothing",

		"seconds": "a duration in whole seconds", "decimal": "a duration in seconds, with decimals", "nginxtime": "a duration as nginx writes it, such as 60s",
		"vcl": "a quoted VCL string", "vcltext": "a VCL expression for a string: several strings joined by + if one cannot hold it", "vclname": "a name of a header, a backend or a label in VCL", "cstring": "a C string in VCL's inline C",
		"nginx": "a quoted nginx string; $ is escaped", "nginxregexp": "a quoted regular expression for nginx", "nginxword": "an unquoted word for nginx, without variables", "nginxredirect": "the target of a redirect",
		"nginxtry": "an entry of try_files", "nginxindex": "the path of a directory's index file, below the root in the named variable", "stunnel": "a value in stunnel.conf", "args": "the value of an option in varnishd.args",
		"raw":  "raw text of the site file, unchanged, each line after a line break",
		"list": "makes a list of its arguments", "repeat": "repeats a text",
		"named": "whether the note of that name (an X-Edge-* header) is used above in the file; always true in a template of your own, which may use it further down",
		"some":  `whether the named field is set in any element of a list; names in between lead to lists within it: some .Sites "Routes" "Compress"`,
	}
}

// dataModel documents the fields and functions that templates may use. It reads them from
// the types themselves.
func dataModel(names []string) []byte {
	var out strings.Builder
	out.WriteString(`# The templates of edgegen

    edgegen up --templates DIRECTORY
    edgegen render --templates DIRECTORY -o OUTPUT

make edgegen render the daemons' files with the templates in DIRECTORY. A template there
replaces edgegen's template of the same name. Leave out those that you do not change:
edgegen then uses its own, also after an upgrade. The templates are Go's text/template;
{{ .Field }} is one of the fields listed below. Nothing is escaped automatically: pass
every value through the function for the file's language, or it may add a directive.

The templates of one daemon may include each other by name, as default.vcl.tmpl includes
the other VCL templates. A template that includes none of them works without them.

A running edge reads the templates at every reload; up --watch starts one when a template
changes. If a template cannot be executed, or its daemon refuses the file, the reload
changes nothing, and the error names the template's line. A tier whose daemon has a
template that differs from edgegen's is never builtin, and no builtin tier stands in for
that daemon. edgegen does not check what such a template leaves out: what
docs/contract.md promises about it is then up to you.

## Functions

`)
	words := functionWords()
	for _, name := range sortedKeys(functions(&placeholder{})) {
		fmt.Fprintf(&out, "- `%s`: %s\n", name, words[name])
	}
	out.WriteString("\n## The data of each template\n\n")
	described := &described{}
	for _, name := range names {
		given := "only defines parts of other templates"
		if view := viewOf(name); view != nil {
			given = described.name(reflect.TypeOf(view))
		}
		fmt.Fprintf(&out, "- `%s`: %s\n", name, given)
	}
	out.WriteString("\n## Types\n")
	for i := 0; i < len(described.kinds); i++ { // the list grows meanwhile
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

// described lists the struct types that fields have, in the order in which they are found.
type described struct{ kinds []reflect.Type }

// name returns how the documentation calls a type. A struct of edgegen's own is added to
// those that get a section.
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
	asked := reflect.PointerTo(kind) // templates may call methods of pointers, too
	for i := range asked.NumMethod() {
		if method := asked.Method(i); method.Type.NumIn() == 1 && method.Type.NumOut() > 0 {
			fmt.Fprintf(out, "- `%s`: %s, calculated from the fields\n", method.Name, d.name(method.Type.Out(0)))
		}
	}
}
