package importer

import (
	"path"
	"slices"
	"strings"

	"edgegen/internal/hcltext"
)

// limits are the bounds of a route.
func (r *router) limits(b *block, scope *directive) {
	if d := scope.setting("client_max_body_size"); d != nil && d.around != r.conf.http() {
		b.set("body_size", bodySize(d.arg(0)), d.Line)
	}
}

// compress is gzip, and brotli.
func (r *router) compress(b *block, scope *directive) {
	var codings, types []string
	var from []*Line
	for _, coding := range []struct{ name, directive string }{{"br", "brotli"}, {"gzip", "gzip"}} {
		switch d := scope.setting(coding.directive); {
		case d.arg(0) == "on":
			codings, from = append(codings, coding.name), append(from, d.Line)
			if d := scope.setting(coding.directive + "_types"); d != nil {
				types, from = append(types, d.args...), append(from, d.Line)
			}
		case d != nil:
			d.idle("nothing is compressed but what a route says")
		}
	}
	if len(codings) == 0 {
		return
	}
	compress := b.sub("compress", from...)
	compress.set("algorithms", hcltext.List(codings), from...)
	if slices.Contains(types, "*") {
		types = []string{"*"}
	} else if !slices.Contains(types, "text/html") {
		types = append(types, "text/html")
	}
	slices.Sort(types)
	compress.set("types", hcltext.List(slices.Compact(types)), from...)
	size := "20B"
	if d := scope.setting("gzip_min_length"); d != nil {
		size = strings.Trim(bodySize(d.arg(0)), `"`)
		from = []*Line{d.Line}
	}
	compress.set("min_size", hcltext.Quote(size), from...)
}

// errorPages are those for what the edge says itself.
func (r *router) errorPages(b *block, scope *directive) {
	for _, d := range scope.nearest("error_page") {
		if len(d.args) < 2 {
			continue
		}
		page := d.arg(len(d.args) - 1)
		codes := slices.DeleteFunc(slices.Clone(d.args[:len(d.args)-1]), func(word string) bool { return strings.HasPrefix(word, "=") })
		if !strings.HasPrefix(page, "/") || strings.Contains(page, "$") || strings.HasSuffix(page, ".php") || len(codes) < len(d.args)-1 {
			d.refuse("a page for errors is a file, and the status stays", "write `error_page \"404\" { file = … }` into the route")
			continue
		}
		root := scope.setting("root")
		r.server.every(func(one *directive) {
			if one.name == "location" && one.arg(len(one.args)-1) == page && one.last("root") != nil {
				root = one.last("root")
			}
		})
		if root == nil {
			d.refuse("there is no root that the page lies below", "write `error_page \"404\" { file = … }` into the route")
			continue
		}
		if slices.Contains(codes, "500") && slices.Contains(codes, "502") && slices.Contains(codes, "503") && slices.Contains(codes, "504") {
			codes = append(slices.DeleteFunc(codes, func(code string) bool { return strings.HasPrefix(code, "5") }), "5xx")
		}
		for _, code := range codes {
			b.named("error_page", code, d.Line).set("file", hcltext.Quote(path.Join(r.rootPath(r.constants(root, root.arg(0))), page)), d.Line)
		}
		d.right("what an app says about an error is passed on")
	}
}
