package config

import (
	"cmp"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"edgegen/internal/site"
)

// decode makes the model of parsed files. The result is whole only where no
// error was reported.
func (l *loader) decode(sources []*source, bodies []*hclsyntax.Body) *site.Edge {
	var edges, sites []*block
	for i, body := range bodies {
		place := hcl.Range{Filename: sources[i].name}
		file := &block{loader: l, schema: language(), place: place, body: body}
		file.checkNames()
		edges = append(edges, file.all("edge")...)
		sites = append(sites, file.all("site")...)
	}
	for _, again := range edges[min(1, len(edges)):] {
		l.errorAt(again.place, "keep one edge block in all files", "a second edge block: the first is at %s", l.where(edges[0].place))
	}
	edges = append(edges, &block{loader: l, schema: edgeLanguage(), body: &hclsyntax.Body{}})
	edge := edges[0].edge()
	edge.Sites = l.sites(sites)
	if len(sites) == 0 && len(sources) > 0 {
		shown := sources[0].shown
		if len(sources) > 1 {
			shown = l.shownRoot
		}
		l.fail(shown, `write site "example.com" { … } with a tls block and a route`, "no site block: there is nothing to serve")
	}
	return edge
}

// sites decodes every site. A name may be claimed once, as a host or as an
// alias.
func (l *loader) sites(blocks []*block) []site.Site {
	claims := map[string]hcl.Range{}
	claim := func(name located) {
		if first, taken := claims[name.text]; taken {
			l.errorAt(name.place, "", "%s is claimed twice: first at %s", name.text, l.where(first))
			return
		}
		claims[name.text] = name.place
	}
	var sites []site.Site
	for _, b := range blocks {
		sites = append(sites, b.site(claim))
	}
	slices.SortStableFunc(sites, func(a, b site.Site) int { return cmp.Compare(a.Host, b.Host) })
	return sites
}
