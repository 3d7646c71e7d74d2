package config

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"edgegen/internal/routing"
	"edgegen/internal/site"
)

func readTarget(b *block, a *argument, r *site.Redirect) {
	to, ok := b.text(a)
	if !ok {
		return
	}
	r.To = to.text
	text := to.text
	if route := b.around.model.(*site.Route); route.Pattern != "" {
		filled, problem, remedy := filledIn(text, route.Pattern)
		if problem == "" && strings.Contains(text, "{") && strings.Index(text, "{") < startOfPath(text) {
			problem, remedy = "lets the request say where on the web it leads", `write the host and the "/" behind it in front of the first capture`
		}
		if problem != "" {
			b.errorAt(to.place, remedy, "%s = %q %s", a.name, text, problem)
			return
		}
		text = filled
	}
	if problem, remedy := targetProblem(text); problem != "" {
		b.errorAt(to.place, remedy, "%s = %q %s", a.name, to.text, problem)
	}
}

// filledIn is a text with something in place of its captures.
func filledIn(text, pattern string) (filled, problem, remedy string) {
	pieces, err := routing.Pieces(text, pattern)
	if err != nil {
		problem, remedy = problemOf(err)
		return "", problem, remedy
	}
	for _, piece := range pieces {
		if piece.Group > 0 {
			piece.Text = "x"
		}
		filled += piece.Text
	}
	return filled, "", ""
}

// startOfPath is behind the first slash of a target's path.
func startOfPath(to string) int {
	at := 0
	if i := strings.Index(to, "://"); i >= 0 {
		at = i + len("://")
	}
	if i := strings.IndexByte(to[at:], '/'); i >= 0 {
		return at + i + 1
	}
	return len(to)
}

// checkRedirect checks that a redirect which keeps the path belongs to a route with a
// path to keep.
func checkRedirect(b *block, r *site.Redirect) {
	if route := b.around.model.(*site.Route); r.KeepsPath() && !route.IsPrefix() {
		b.errorAt(b.placeOf(b.row(&r.Path)), "write what is to go along with {1}, say, for a capture", "nothing is below %q", route.Label())
	}
}

func readStatus(b *block, a *argument, r *site.Redirect) {
	r.Status, _ = strconv.Atoi(a.standard)
	expression, ok := b.expression(a)
	if !ok {
		return
	}
	status, place, ok := b.numberOf(a.name, expression)
	switch {
	case !ok:
	case !slices.Contains(a.choices, status.String()):
		b.errorAt(place, "write 301 or 308 (for good), 302 or 307 (for now), or 303", "%s is no status of a redirect", status)
	default:
		r.Status = int(status.Int64())
	}
}

// targetProblem is why a text is no target of a redirect; "" if it is one. A target is an
// absolute path or an http or https URL, in the characters that URLs are made of.
// "//host" and "/\host" lead browsers to another host. A "$" is refused because it begins
// a variable in the daemons' languages, which is most likely what was meant.
func targetProblem(to string) (problem, remedy string) {
	const example = `write "/new" or "https://example.com/new", say`
	bad := strings.IndexFunc(to, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"<>\\^`{|}", r) })
	switch {
	case to == "":
		return "is empty", example
	case bad >= 0:
		return fmt.Sprintf("holds %q, which no URL does", []rune(to[bad:])[0]), "percent-encode it"
	case strings.Contains(to, "$"):
		return `holds "$", and a redirect has no variables`, `write the target itself, with "%24" for a literal "$"`
	case strings.HasPrefix(to, "//"):
		return "leads to another host", "write the whole URL, with https:// in front, or one slash"
	}
	parsed, err := url.Parse(to)
	switch {
	case err != nil:
		return "is no valid URL", example
	case strings.HasPrefix(to, "/"):
		return "", ""
	case parsed.Scheme != "http" && parsed.Scheme != "https":
		return "is neither an absolute path nor an http or https URL", example
	case parsed.Hostname() == "":
		return "names no host", example
	case parsed.User != nil:
		return "holds a user name", "leave out what stands before the @"
	}
	return "", ""
}

// redirectsToItself reports whether the redirect of a route leads back to the same
// route, which a browser would follow without end. A whole URL may lead to
// another server on another port, so only paths are judged.
func redirectsToItself(table *routing.Table, route int, redirect *site.Redirect) bool {
	if !strings.HasPrefix(redirect.To, "/") {
		return false
	}
	parsed, err := url.Parse(redirect.To)
	if err != nil || parsed.Host != "" {
		return false
	}
	return table.Find(routing.Request{Method: "GET", Path: parsed.Path, Query: parsed.RawQuery}) == route
}
