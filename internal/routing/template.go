package routing

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"edgegen/internal/site"
)

// Piece is a part of a text in which captures stand: either Text, or what the group
// has matched, percent-encoded.
type Piece struct {
	Text  string
	Group int // 0 for Text
}

// mostGroups is how many captures a text can name: what Varnish can.
const mostGroups = 9

// Pieces takes a text apart in which {1} and {name} stand for captures of a regular
// expression, which Compile takes. Its error is a *Problem.
func Pieces(text, pattern string) ([]Piece, error) {
	compiled, err := Compile(pattern)
	if err != nil {
		return nil, err
	}
	names := compiled.expression.SubexpNames()
	var pieces []Piece
	for text != "" {
		open := strings.IndexByte(text, '{')
		if open != 0 {
			if open < 0 {
				open = len(text)
			}
			pieces, text = append(pieces, Piece{Text: text[:open]}), text[open:]
			continue
		}
		inner, rest, closed := strings.Cut(text[1:], "}")
		if !closed {
			return nil, &Problem{`holds "{" without "}"`, `write "%7B" for the character`}
		}
		group, err := strconv.Atoi(inner)
		if err != nil {
			group = slices.Index(names, inner)
		}
		switch {
		case group < 1 || group >= len(names):
			return nil, &Problem{fmt.Sprintf("names {%s}, which the regular expression does not capture", inner), captures(names)}
		case group > mostGroups:
			return nil, &Problem{fmt.Sprintf("names {%s}, which is one of more than %d captures", inner, mostGroups), "write (?:…) for the groups that are no captures"}
		}
		pieces, text = append(pieces, Piece{Group: group}), rest
	}
	return pieces, nil
}

// captures says which there are.
func captures(names []string) string {
	var known []string
	for i, name := range names {
		switch {
		case i == 0:
		case name != "":
			known = append(known, "{"+name+"}")
		default:
			known = append(known, fmt.Sprintf("{%d}", i))
		}
	}
	if known == nil {
		return "put ( ) around what it is to capture"
	}
	return "it captures " + strings.Join(known, ", ")
}

// expand puts captures in their places.
func (p *Pattern) expand(pieces []Piece, subject string) string {
	found := p.expression.FindStringSubmatch(subject)
	var out strings.Builder
	for _, piece := range pieces {
		if piece.Group == 0 {
			out.WriteString(piece.Text)
		} else {
			out.WriteString(encoded(found[piece.Group]))
		}
	}
	return out.String()
}

// encoded is a part of a subject as it can stand in a path or a query: percent-encoded
// but for what means nothing in either. The VCL's edge_encode does the same.
func encoded(part string) string {
	const unreserved = "-._~/:@"
	var out strings.Builder
	for _, r := range part { // one for each byte
		switch c := byte(r); {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(unreserved, c) >= 0:
			out.WriteByte(c)
		default:
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	return out.String()
}

// leader is where a route leads a request to: another place for the client, or another
// target for the app.
type leader struct {
	pattern  *Pattern // whose captures stand in pieces; nil for none
	pieces   []Piece
	prefix   string // that the path loses, beside what is below it
	strips   bool
	redirect *site.Redirect
	add      string
}

// leaderOf is nil for a route that leads every request to the same place.
func leaderOf(r *site.Route, pattern *Pattern) (*leader, error) {
	switch to, w := r.Redirect, r.Rewrite; {
	case to != nil && to.KeepsPath():
		return &leader{prefix: strings.TrimSuffix(r.Path, "/"), strips: true, redirect: to}, nil
	case r.Captures():
		pieces, err := Pieces(to.To, r.Pattern)
		return &leader{pattern: pattern, pieces: pieces, redirect: to}, err
	case w != nil && w.Pattern != "":
		compiled, err := Compile(w.Pattern)
		if err != nil {
			return nil, err
		}
		pieces, err := Pieces(w.Replacement, w.Pattern)
		return &leader{pattern: compiled, pieces: pieces}, err
	case w != nil:
		return &leader{prefix: w.StripPrefix, strips: w.StripPrefix != "", add: w.AddPrefix}, nil
	}
	return nil, nil
}

// Target returns what the web tier is told of a request that takes a route: where a
// redirect leads that depends on the path, or what an app is asked for in place of
// the target. It is "" where neither depends on the request, and the target is kept.
func (t *Table) Target(route int, path, target string) string {
	l := t.routes[route].leader
	if l == nil {
		return ""
	}
	_, query, _ := strings.Cut(target, "?")
	switch {
	case l.redirect != nil && l.pieces != nil:
		return oneSlash(l.redirect.LocationOf(l.pattern.expand(l.pieces, subjectOf(path)), query))
	case l.redirect != nil:
		return oneSlash(l.redirect.LocationOf(l.redirect.Below(l.below(path, target)), query))
	case l.pieces != nil:
		subject := subjectOf(path)
		if !l.pattern.matches(subject) {
			return ""
		}
		return oneSlash(site.WithQuery(l.pattern.expand(l.pieces, subject), query))
	}
	rest, _, _ := strings.Cut(target, "?")
	if l.strips {
		rest = l.below(path, target)
	}
	if rest = l.add + rest; !strings.HasPrefix(rest, "/") {
		rest = "/" + rest
	}
	return oneSlash(site.WithQuery(rest, query))
}

// below is what of a path is below the prefix, as the client has sent it where the
// prefix stands there as it is; all of the path where it is not below it.
func (l *leader) below(path, target string) string {
	raw, _, _ := strings.Cut(target, "?")
	if rest, ok := strings.CutPrefix(raw, l.prefix); ok && (rest == "" || rest[0] == '/') {
		return rest
	}
	if rest, ok := strings.CutPrefix(path, l.prefix); ok && (rest == "" || rest[0] == '/') {
		return encoded(subjectOf(rest))
	}
	return raw
}

// oneSlash keeps a path from beginning as a host does, for which browsers take two
// slashes, and a backslash.
func oneSlash(to string) string {
	if strings.HasPrefix(to, "/") {
		return "/" + strings.TrimLeft(to, `/\`)
	}
	return to
}
