package importer

import (
	"slices"
	"strings"
)

// directive is a statement of nginx's, with what stands in its block.
type directive struct {
	*Line
	name   string
	args   []string
	block  bool
	body   []*directive
	around *directive // nil for the file itself
}

// mostDirectives bounds what one import reads: included files may include others.
const mostDirectives = 200_000

// nginxReader reads nginx.conf and what it includes.
type nginxReader struct {
	files   files
	lines   []*Line // of all files, in the order in which nginx reads them
	reading []string
}

// read reads a file into the body of a directive.
func (r *nginxReader) read(name, text string, into *directive) error {
	r.reading = append(r.reading, name)
	defer func() { r.reading = r.reading[:len(r.reading)-1] }()
	l := &nginxLexer{file: name, text: text, line: 1}
	return r.body(l, into, false)
}

// body reads directives up to the end of the file or of the block.
func (r *nginxReader) body(l *nginxLexer, into *directive, inBlock bool) error {
	began := l.line
	for {
		t, err := l.next()
		switch {
		case err != nil:
			return err
		case t == nil && inBlock:
			return problem(l.file, began, "a block does not end")
		case t == nil:
			return nil
		case t.mark && t.text == "}" && inBlock:
			return nil
		case t.mark:
			return problem(l.file, t.line, "there is a %q where a directive is expected", t.text)
		}
		if err := r.directive(l, t, into); err != nil {
			return err
		}
	}
}

// directive reads one whose name has been read.
func (r *nginxReader) directive(l *nginxLexer, name *nginxToken, around *directive) error {
	d := &directive{Line: &Line{File: l.file, Line: name.line}, name: name.text, around: around}
	words := []string{name.text}
	if r.lines = append(r.lines, d.Line); len(r.lines) > mostDirectives {
		return problem(l.file, name.line, "there are more than %d directives", mostDirectives)
	}
	around.body = append(around.body, d)
	for {
		t, err := l.next()
		switch {
		case err != nil:
			return err
		case t == nil:
			return problem(l.file, name.line, "%q does not end: a \";\" is missing", oneLine(name.text))
		case !t.mark:
			d.args, words, d.EndLine = append(d.args, t.text), append(words, t.text), t.end
			continue
		case t.text == "}":
			return problem(l.file, t.line, "there is a \"}\" where the end of %q is expected", oneLine(name.text))
		}
		d.EndLine, d.Text = l.line, short(strings.Join(words, " "))
		switch {
		case t.text == ";":
			return r.include(d)
		case strings.HasSuffix(d.name, "_by_lua_block"):
			err := l.raw()
			d.EndLine = l.line
			return err
		}
		d.block = true
		return r.body(l, d, true)
	}
}

// include reads what an include names, in its place.
func (r *nginxReader) include(d *directive) error {
	if d.name != "include" || len(d.args) != 1 || known(d.args[0]) != "" {
		return nil
	}
	names, why := r.files.included(d.File, d.args[0])
	switch {
	case why != "":
		d.refuse(why, "name that file beside this one, or put what it says in the place of the include")
		return nil
	case len(names) == 0:
		d.idle("there is no such file")
		return nil
	}
	for _, name := range names {
		if slices.Contains(r.reading, name) {
			return problem(d.File, d.Line.Line, "%s includes itself", name)
		}
		text, err := r.files.read(name)
		if err != nil {
			return err
		}
		d.into("what stands in " + name)
		if err := r.read(name, text, d.around); err != nil {
			return err
		}
	}
	return nil
}

// known says what a file that comes with nginx is for, "" of any other.
func known(name string) string {
	switch name[strings.LastIndexByte(name, '/')+1:] {
	case "mime.types":
		return "edgegen knows the types of files"
	case "fastcgi_params", "fastcgi.conf", "fastcgi-php.conf", "fastcgi_fpm.conf":
		return "scripts are told what CGI says"
	case "proxy_params", "proxy.conf":
		return "apps are told who asks, and what for, by X-Forwarded-* and Host"
	case "options-ssl-nginx.conf", "ssl-params.conf":
		return "edgegen speaks TLS 1.2 and 1.3, with ciphers that are good"
	case "uwsgi_params", "scgi_params":
		return "no app is asked by that protocol"
	}
	return ""
}

// short is a text that fits a line of the account.
func short(text string) string {
	const most = 160
	text = oneLine(text)
	if characters := []rune(text); len(characters) > most {
		return string(characters[:most]) + "…"
	}
	return text
}

// find are the directives of a name in the block.
func (d *directive) find(name string) (found []*directive) {
	if d == nil {
		return nil
	}
	for _, one := range d.body {
		if one.name == name {
			found = append(found, one)
		}
	}
	return found
}

// last is the last of them; nil where there is none.
func (d *directive) last(name string) *directive {
	if found := d.find(name); len(found) > 0 {
		return found[len(found)-1]
	}
	return nil
}

// nearest are those of the innermost block that has any: what holds there, by nginx's
// rules of inheritance.
func (d *directive) nearest(name string) []*directive {
	for scope := d; scope != nil; scope = scope.around {
		if found := scope.find(name); len(found) > 0 {
			return found
		}
	}
	return nil
}

// setting is the last of the nearest.
func (d *directive) setting(name string) *directive {
	if found := d.nearest(name); len(found) > 0 {
		return found[len(found)-1]
	}
	return nil
}

// arg is the argument at an index, "" where there is none; so at -1.
func (d *directive) arg(i int) string {
	if d == nil || i < 0 || i >= len(d.args) {
		return ""
	}
	return d.args[i]
}

// every calls a function with each directive in the block, and in theirs.
func (d *directive) every(do func(*directive)) {
	for _, one := range d.body {
		do(one)
		one.every(do)
	}
}

// idleAll gives the directive, and all in it, one reason.
func (d *directive) idleAll(why string) {
	d.idle(why)
	d.every(func(one *directive) { one.idle(why) })
}
