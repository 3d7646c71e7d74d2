package config

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"edgegen/internal/routing"
	"edgegen/internal/site"
)

// readRoutePath reads a route's label: a path, "= " and a path, or "~ " and a regular
// expression.
func readRoutePath(b *block, label located, r *site.Route) {
	if text, exact := strings.CutPrefix(label.text, "="); exact {
		r.Path, r.Exact = b.routePath(located{strings.TrimSpace(text), label.place}, true), true
		return
	}
	text, pattern := strings.CutPrefix(label.text, "~")
	if !pattern {
		r.Path = b.routePath(label, false)
		return
	}
	if rest, folded := strings.CutPrefix(text, "*"); folded {
		b.errorAt(label.place, fmt.Sprintf("write %q", "~ (?i)"+strings.TrimSpace(rest)), `route %q begins with "~*", which routes do not know`, label.text)
		return
	}
	text = strings.TrimSpace(text)
	if _, err := routing.Compile(text); err != nil {
		problem, remedy := problemOf(err)
		b.errorAt(label.place, remedy, "route %q %s", label.text, problem)
		return
	}
	r.Pattern = text
}

// problemOf is why a regular expression, or a text with captures, is refused; "" if it is
// good.
func problemOf(err error) (what, remedy string) {
	var problem *routing.Problem
	if errors.As(err, &problem) {
		return problem.What, problem.Remedy
	}
	return err.Error(), ""
}

// routePath reads the path of a route. It covers everything below it too, unless it
// is exact, so "/ws/" is "/ws". Only characters that stand in a URL as they
// are can be used: what a browser sends percent-encoded would be one path to
// one tier and another to the next.
func (b *block) routePath(label located, exact bool) string {
	path := label.text
	problem, remedy := "", ""
	switch {
	case strings.HasPrefix(path, "^~"):
		problem, remedy = `begins with "^~", which routes do not need`, fmt.Sprintf("write %q: a route covers its path and everything below", strings.TrimSpace(path[2:]))
	case strings.HasPrefix(path, "^"):
		problem, remedy = "looks like a regular expression", fmt.Sprintf("write %q", "~ "+path)
	case strings.HasPrefix(path, "/") && strings.Contains(path, "*") && !strings.ContainsFunc(path, unicode.IsControl) && !strings.ContainsAny(path, "?#"):
		problem, remedy = "holds a wildcard", fmt.Sprintf("write %q: a route covers everything below its path", withoutWildcard(path))
	default:
		problem, remedy = pathProblem(path)
	}
	if problem != "" {
		b.errorAt(label.place, remedy, "route %q %s", path, problem)
		return ""
	}
	if path != "/" && !exact {
		path = strings.TrimSuffix(path, "/")
	}
	return path
}

// pathProblem is why a text is no path of a route; "" if it is one.
func pathProblem(path string) (problem, remedy string) {
	switch {
	case !strings.HasPrefix(path, "/"):
		return `does not begin with "/"`, fmt.Sprintf("write %q", "/"+path)
	case strings.ContainsFunc(path, unicode.IsControl):
		return "holds a control character", ""
	case strings.ContainsAny(path, "?#"):
		return "holds a query or fragment", "a route is chosen by the path alone"
	case strings.Contains(path, "//"):
		return `holds "//"`, `write one "/"`
	case strings.ContainsFunc(path, func(r rune) bool { return !isPathCharacter(r) }):
		return "holds a character that URLs percent-encode", "use letters, digits and -._~!$&'()+,;=:@ between slashes"
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return fmt.Sprintf("holds a %q segment", segment), "write the path that it leads to"
		}
	}
	return "", ""
}

// withoutWildcard is the path of the segments before the first wildcard.
func withoutWildcard(path string) string {
	path = path[:strings.IndexByte(path, '*')]
	if path = path[:strings.LastIndexByte(path, '/')]; path == "" {
		return "/"
	}
	return path
}

// isPathCharacter reports whether RFC 3986 lets a character stand in a path as it is, "*"
// aside.
func isPathCharacter(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/-._~!$&'()+,;=:@", r)
}
