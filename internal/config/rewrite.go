package config

import (
	"strings"

	"edgegen/internal/routing"
	"edgegen/internal/site"
)

// readPrefix reads a path that is taken off another, or put in front of it.
func readPrefix(field func(*site.Rewrite) *string) func(*block, *argument, *site.Rewrite) {
	return func(b *block, a *argument, w *site.Rewrite) {
		path, ok := b.text(a)
		if !ok {
			return
		}
		if problem, remedy := pathProblem(path.text); problem != "" {
			b.errorAt(path.place, remedy, "%s = %q %s", a.name, path.text, problem)
			return
		}
		*field(w) = strings.TrimSuffix(path.text, "/")
	}
}

func readPattern(b *block, a *argument, w *site.Rewrite) {
	pattern, ok := b.text(a)
	if !ok {
		return
	}
	if _, err := routing.Compile(pattern.text); err != nil {
		problem, remedy := problemOf(err)
		b.errorAt(pattern.place, remedy, "%s = %q %s", a.name, pattern.text, problem)
		return
	}
	w.Pattern = pattern.text
}

// readReplacement reads what takes the place of a path; the pattern has been read.
func readReplacement(b *block, a *argument, w *site.Rewrite) {
	to, ok := b.text(a)
	if !ok || w.Pattern == "" {
		return
	}
	w.Replacement = to.text
	filled, problem, remedy := filledIn(to.text, w.Pattern)
	switch {
	case problem != "":
	case !strings.HasPrefix(to.text, "/"):
		problem, remedy = `does not begin with "/"`, `write "/users?id={1}", say`
	case strings.Contains(to.text, "#"):
		problem, remedy = "holds a fragment, which no app sees", ""
	default:
		problem, remedy = targetProblem(filled)
	}
	if problem != "" {
		b.errorAt(to.place, remedy, "%s = %q %s", a.name, to.text, problem)
	}
}

// checkRewrite checks that a rewrite changes the path in one way, and that the route has
// an app.
func checkRewrite(b *block, w *site.Rewrite) {
	pattern, replacement := b.has(&w.Pattern), b.has(&w.Replacement)
	prefix := b.has(&w.StripPrefix) || b.has(&w.AddPrefix)
	switch {
	case pattern && !replacement:
		b.errorAt(b.placeOf(b.row(&w.Pattern)), "add replacement = …", "pattern needs a replacement")
	case replacement && !pattern:
		b.errorAt(b.placeOf(b.row(&w.Replacement)), "add pattern = …", "replacement needs a pattern")
	case prefix && pattern:
		b.errorAt(b.placeOf(b.row(&w.Pattern)), "keep one of the two", "pattern stands beside strip_prefix or add_prefix")
	case !prefix && !pattern:
		b.errorAt(b.place, `add strip_prefix = "/app", say`, "%s says nothing", b.schema.title)
	}
	if route := b.around; !route.has(&route.model.(*site.Route).Backend) {
		b.errorAt(b.place, "add backend = …, or leave it out", "%s is about what an app sees, and the route has none", b.schema.title)
	}
}
