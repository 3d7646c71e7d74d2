package config

import (
	"cmp"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"edgegen/internal/site"
)

// written is a site that the files hold.
type written struct {
	source *source
	piece  *piece
	blocks []*block // none where the piece is known
	note   *note    // nil where the piece holds anything else, or is known
}

// decode makes the model of parsed files. The result is whole only where no
// error was reported.
func (l *loader) decode(sources []*source, parsed [][]*piece) *site.Edge {
	l.decoded = true
	files := make([]*block, len(sources))
	for i, pieces := range parsed {
		files[i] = &block{loader: l, schema: l.language, place: hcl.Range{Filename: sources[i].name}, body: joined(pieces)}
	}
	if len(sources) > 0 && l.shared != "" && sources[0].shown == l.shared {
		l.lay(files)
	}
	for _, file := range files {
		file.checkNames()
	}
	l.declare(files)
	kind := l.language.edge()
	var edges []*block
	var sites []written
	for i, pieces := range parsed {
		l.parseStale(sources[i], pieces)
		files[i].scope = l.scope
		edges = append(edges, files[i].all(kind)...)
		sites = append(sites, l.sitesIn(files[i], sources[i], pieces)...)
	}
	for _, again := range edges[min(1, len(edges)):] {
		l.errorAt(again.place, "keep one edge block in all files", "a second edge block: the first is at %s", l.where(edges[0].place))
	}
	edges = append(edges, &block{loader: l, schema: kind, body: &hclsyntax.Body{}, plain: true})
	edge := &site.Edge{}
	edges[0].decode(edge)
	edge.Sites, edge.First = l.sites(sites)
	if !edge.Plain() {
		l.needTLS()
	}
	switch {
	case len(edge.Sites) > 0 || len(sources) == 0 || len(sites) > 0 && l.errors > 0:
	case len(sites) > 0:
		l.fail(sources[0].shown, "", "no site: what each is repeated over is empty, and there is nothing to serve")
	default:
		shown := sources[0].shown
		if len(sources) > 1 {
			shown = l.shownRoot
		}
		l.fail(shown, `write site "example.com" { … } with a tls block and a route`, "no site block: there is nothing to serve")
	}
	return edge
}

// joined is the body of a file, the pieces that are known left out: each is a
// good site block.
func joined(pieces []*piece) *hclsyntax.Body {
	if len(pieces) == 1 && pieces[0].body != nil {
		return pieces[0].body
	}
	whole := &hclsyntax.Body{}
	for _, p := range pieces {
		if p.body != nil {
			whole.Blocks = append(whole.Blocks, p.body.Blocks...)
		}
	}
	return whole
}

// sitesIn lists the sites of a file in their order.
func (l *loader) sitesIn(file *block, s *source, pieces []*piece) []written {
	kind := l.language.site()
	var sites []written
	for _, p := range pieces {
		if p.known != nil {
			sites = append(sites, written{source: s, piece: p})
			continue
		}
		part := *file
		part.body, part.plain = p.body, p.plain
		for _, node := range p.body.Blocks {
			if node.Type != kind.name {
				continue
			}
			w := written{source: s, piece: p}
			if len(p.body.Blocks) == 1 && p.text != nil {
				w.note = &note{}
			}
			l.note = w.note
			w.blocks = part.openEach(kind, node)
			l.note = nil
			sites = append(sites, w)
		}
	}
	return sites
}

// sites decodes every site; first is the place of the default site, or else of the
// one that is written first.
func (l *loader) sites(all []written) (sites []site.Site, first int) {
	sites = make([]site.Site, 0, len(all))
	for _, w := range all {
		sites = append(sites, l.sitesOf(w)...)
	}
	if len(sites) == 0 {
		return sites, 0
	}
	host := sites[0].Host
	slices.SortStableFunc(sites, func(a, b site.Site) int { return cmp.Compare(a.Host, b.Host) })
	if at := slices.IndexFunc(sites, func(s site.Site) bool { return s.Default }); at >= 0 {
		return sites, at
	}
	return sites, slices.IndexFunc(sites, func(s site.Site) bool { return s.Host == host })
}

// sitesOf decodes a site block, which may stand for several sites.
func (l *loader) sitesOf(w written) []site.Site {
	if w.piece.known != nil {
		return l.replay(w.source, w.piece)
	}
	l.note = w.note
	decoded := make([]site.Site, 0, len(w.blocks))
	for _, b := range w.blocks {
		draft := &siteDraft{}
		b.decode(draft)
		decoded = append(decoded, draft.Site)
	}
	l.note = nil
	l.remember(w, decoded)
	return decoded
}
