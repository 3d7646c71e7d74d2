package render

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"edgegen/internal/routing"
	"edgegen/internal/site"
)

// vclLead is a route's redirect or rewrite in VCL: it makes the target for the client, or
// the URL for the app. Package routing does the same for builtin tiers.
type vclLead struct {
	If     string // an expression that the path has to match; "" for any
	Prefix string // removed from the beginning of the path; "" for none
	// Strips says that Prefix is removed from the path that a Below piece stands for.
	Strips bool
	Pieces []vclPiece
	Local  bool // the target is a path: it must not begin with "//", which names a host
	Add    bool // the target may need a first slash
	// Redirects says that the target is for the client, not for the app.
	Redirects bool
	Name      string
	Source    site.Source
}

// vclPiece is one part of the target, in the order in which they are put together.
type vclPiece struct {
	Text  string
	Match string // matches the whole path; Group is the capture that the piece stands for
	Group int
	Below bool   // the piece is the path below the prefix
	Empty string // written instead if that path is empty
	Joint string // "?" or "&", written before the request's query if there is one
}

func leadOf(r *site.Route) *vclLead {
	switch to, w := r.Redirect, r.Rewrite; {
	case to != nil && to.KeepsPath():
		lead := &vclLead{Name: "redirect", Redirects: true, Source: to.Source, Prefix: strings.TrimSuffix(r.Path, "/"), Strips: true, Local: strings.HasPrefix(to.To, "/")}
		before, after := to.AroundPath()
		return lead.below(before, after, to)
	case r.Captures():
		before, joint, after := to.Around()
		lead := &vclLead{Name: "redirect", Redirects: true, Source: to.Source, Local: strings.HasPrefix(to.To, "/")}
		lead.put(before, r.Pattern)
		if to.KeepsQuery() {
			lead.Pieces = append(lead.Pieces, vclPiece{Joint: joint})
		}
		lead.put(after, r.Pattern)
		return lead
	case w != nil && w.Pattern != "":
		lead := &vclLead{Name: "rewrite", Source: w.Source, If: w.Pattern, Local: true}
		lead.put(w.Replacement, w.Pattern)
		joint := "?"
		if strings.Contains(w.Replacement, "?") {
			joint = "&"
		}
		lead.Pieces = append(lead.Pieces, vclPiece{Joint: joint})
		return lead
	case w != nil:
		lead := &vclLead{Name: "rewrite", Source: w.Source, Prefix: w.StripPrefix, Strips: w.StripPrefix != "", Local: true, Add: true}
		if w.AddPrefix != "" {
			lead.Pieces = append(lead.Pieces, vclPiece{Text: w.AddPrefix})
		}
		lead.Pieces = append(lead.Pieces, vclPiece{Below: true}, vclPiece{Joint: "?"})
		return lead
	}
	return nil
}

// below puts what is below a route's path between two texts.
func (l *vclLead) below(before, after string, to *site.Redirect) *vclLead {
	fragment := ""
	if i := strings.IndexByte(after, '#'); i >= 0 {
		after, fragment = after[:i], after[i:]
	}
	before, slash := strings.CutSuffix(before, "/")
	rest := vclPiece{Below: true}
	if slash {
		rest.Empty = "/"
	}
	l.Pieces = []vclPiece{{Text: before}, rest}
	if after != "" {
		l.Pieces = append(l.Pieces, vclPiece{Text: after})
	}
	if to.KeepsQuery() {
		joint := "?"
		if after != "" {
			joint = "&"
		}
		l.Pieces = append(l.Pieces, vclPiece{Joint: joint})
	}
	if fragment != "" {
		l.Pieces = append(l.Pieces, vclPiece{Text: fragment})
	}
	return l
}

// put adds a text with captures.
func (l *vclLead) put(text, pattern string) {
	pieces, err := routing.Pieces(text, pattern)
	if err != nil {
		return // cannot happen: config refuses such a text
	}
	for _, piece := range pieces {
		if piece.Group == 0 {
			l.Pieces = append(l.Pieces, vclPiece{Text: piece.Text})
		} else {
			l.Pieces = append(l.Pieces, vclPiece{Match: "^.*?(?:" + pattern + ").*$", Group: piece.Group})
		}
	}
}

// Encodes reports whether a part of a decoded path has to be encoded for the target.
func (l *vclLead) Encodes() bool {
	return l != nil && (l.Strips || slices.ContainsFunc(l.Pieces, func(p vclPiece) bool { return p.Match != "" }))
}

// Raw matches a request target whose path begins with the prefix, undecoded.
func (l *vclLead) Raw() string { return "^" + regexp.QuoteMeta(l.Prefix) + `(?:[/?]|$)` }

// Decoded matches a decoded path that begins with the prefix.
func (l *vclLead) Decoded() string { return "^" + regexp.QuoteMeta(l.Prefix) + `(?:/|\z)` }

// Start matches the prefix alone.
func (l *vclLead) Start() string { return "^" + regexp.QuoteMeta(l.Prefix) }

// Reference is how regsub names the group.
func (p vclPiece) Reference() string { return fmt.Sprintf(`\%d`, p.Group) }
