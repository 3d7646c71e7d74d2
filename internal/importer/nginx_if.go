package importer

import (
	"strings"

	"edgegen/internal/hcltext"
)

// conditions are the ifs of a scope that can be said otherwise.
func (r *router) conditions(b *block, scope *directive) {
	for _, d := range scope.find("if") {
		if !d.open() {
			continue
		}
		subject, operator, value := condition(d)
		inner := (*directive)(nil)
		if len(d.body) > 0 {
			inner = d.body[0]
		}
		switch t, leads := redirectOf(inner.orNone()); {
		case operator == "-f" && strings.HasPrefix(subject, "$document_root/") && (inner.arg(0) == "503" || maintenancePage().MatchString(subject)):
			if root := scope.setting("root"); root != nil {
				r.maintenance(r.rootPath(r.constants(root, root.arg(0)))+strings.TrimPrefix(subject, "$document_root"), d.Line)
				d.every(func(one *directive) { one.into("maintenance") })
			}
		case subject == "$request_method" && (inner.arg(0) == "405" || inner.arg(0) == "444" || inner.arg(0) == "403"):
			if methods := methodsOf(operator, value); len(methods) > 0 {
				b.set("methods", hcltext.List(methods), d.Line, inner.Line)
			} else {
				d.idle("methods other than the seven usual ones are answered 405")
				inner.idle("methods other than the seven usual ones are answered 405")
			}
		case leads && strings.HasPrefix(subject, "$") && operator == "" && r.maps[subject] != nil && t.path == subject:
			r.redirectMap(r.maps[subject], t.status)
			d.into("routes with redirects")
			inner.into("routes with redirects")
		case (operator == "!-e" || operator == "!-f") && subject == "$request_filename" && inner != nil:
			r.unlessFile(b, d, inner)
		default:
			why := "conditions are said by routes, which have a path and a match"
			d.refuse(why, "write a route with `match { … }`, or have the app decide")
			d.every(func(one *directive) { one.refuse("it holds under a condition that is refused", "see the if around it") })
		}
	}
}

// conditions are the ifs of a server, which hold for every route.
func (s *server) conditions(r *router) {
	for _, b := range r.site.all("route") {
		if b.label == "/" {
			r.conditions(b, s.directive)
			if methods := b.argument("methods"); methods != nil {
				for _, other := range r.site.all("route") {
					other.set("methods", methods.value)
				}
			}
			return
		}
	}
}

// orNone is a directive that does nothing in the place of none.
func (d *directive) orNone() *directive {
	if d == nil {
		return &directive{Line: &Line{}}
	}
	return d
}

var methodList = lazily(`^\^?\(?([A-Z|]+)\)?\$?$`)

// methodsOf are those that a condition lets through.
func methodsOf(operator, value string) []string {
	match := methodList().FindStringSubmatch(value)
	if operator != "!~" && operator != "!~*" && operator != "!=" || match == nil {
		return nil
	}
	return strings.Split(match[1], "|")
}
