package render

import (
	"cmp"
	"crypto/sha256"
	"slices"

	"edgegen/internal/site"
)

// partSize is how many hosts and routes one VCL may have in all. If there are more, the
// sites are spread over several VCLs: the C compiler takes some milliseconds for each host
// or route, and a change should compile one part only. Fifty usual sites fit into one VCL.
const partSize = 250

// varnish makes the VCL, in one file or in parts, and the arguments.
func (r *Rendered) varnish(in Input, common header) error {
	sites := make([]*site.Site, len(in.Edge.Sites))
	for i := range in.Edge.Sites {
		sites[i] = &in.Edge.Sites[i]
	}
	arguments, err := common.fill("varnish/varnishd.args.tmpl", argumentsView(in, common))
	if err != nil {
		return err
	}
	text := arguments.file("varnishd.args")
	if r.Arguments, err = readArguments(text.Data); err != nil {
		return err
	}
	name, view := "varnish/default.vcl.tmpl", func(h header) any {
		whole := vclView(in, h, sites)
		r.Servers = serversOf(whole.Apps)
		return whole
	}
	// Parts have to be loaded through varnishd's management connection, so files for
	// daemons that are run by hand have none.
	if parts := split("", sites); in.Standby && len(parts) > 1 {
		dispatch, err := r.renderParts(in, common, parts)
		if err != nil {
			return err
		}
		name, view = "varnish/dispatch.vcl.tmpl", func(h header) any { return vclDispatch{h, dispatch, deepOf(dispatch)} }
	}
	file, generation, err := named(name, common, view)
	if err != nil {
		return err
	}
	r.Generation = generation
	r.Shares, r.Softens = in.counts() || in.softens(), in.softens()
	r.InC = r.Shares || in.watches()
	r.Foreign = len(in.Edge.RawFor(r.Engine)) > 0 || slices.Contains(in.Templates.Engines(), r.Engine)
	file.Name = "default.vcl" // dispatch.vcl too
	r.Files = []File{file, text}
	for _, part := range r.Parts {
		r.Files = append(r.Files, part.File)
	}
	return nil
}

// vclDispatch is a default.vcl that hands requests on.
type vclDispatch struct {
	header
	Parts []vclPart
	Deep  []vclDeep // the "**." wildcards, the longest first
}

// vclDeep is a "**." wildcard, and the part of its site.
type vclDeep struct {
	Pattern string
	Part    vclPart
	length  int
}

// deepOf lists those of the parts.
func deepOf(parts []vclPart) (all []vclDeep) {
	for _, p := range parts {
		for _, s := range p.Sites {
			if host := s.Deep(); host != "" {
				all = append(all, vclDeep{anyOf([]string{hostPattern(site.AnyLabels + host)}), p, len(host)})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b vclDeep) int { return cmp.Compare(b.length, a.length) })
	return all
}

type vclPart struct {
	File, Label string
	Patterns    []string // that match its hosts
	Wildcards   []string // and what is its where no whole name fits
	Default     bool     // and what is nobody's
	Sites       []*site.Site
}

// renderParts renders the parts, and returns them as default.vcl's template needs them.
func (r *Rendered) renderParts(in Input, common header, parts []part) ([]vclPart, error) {
	program, err := common.program("varnish/default.vcl.tmpl")
	if err != nil {
		return nil, err
	}
	var dispatch []vclPart
	for _, p := range parts {
		view := vclView(in, common, p.sites)
		view.Part, view.File = true, "vcl/part_"+p.bits+".vcl"
		made, err := program.run(view)
		if err != nil {
			return nil, err
		}
		label := "part_" + p.bits + "_" + nameOf(made.unplaced())
		r.Parts = append(r.Parts, Part{made.file(view.File), label, serversOf(view.Apps)})
		dispatch = append(dispatch, vclPart{File: view.File, Label: label, Sites: p.sites,
			Patterns: hostPatterns(hostsOf, p.sites), Wildcards: hostPatterns(wildcardsOf, p.sites), Default: slices.ContainsFunc(p.sites, func(s *site.Site) bool { return s.Default })})
	}
	return dispatch, nil
}

// part is a group of sites: those whose host's hash begins with the bits.
type part struct {
	bits  string
	sites []*site.Site
}

// split spreads sites over parts by a hash of their host. So a site stays in its part when
// others come and go. A part that has grown too large is halved; the other parts stay as
// they were.
func split(bits string, sites []*site.Site) []part {
	size := 0
	for _, s := range sites {
		size += len(s.Names()) + len(s.Routes)
	}
	if size <= partSize || len(sites) <= 1 || len(bits) == 8*sha256.Size {
		return []part{{bits, sites}}
	}
	var halves [2][]*site.Site
	for _, s := range sites {
		sum := sha256.Sum256([]byte(s.Host))
		bit := sum[len(bits)/8] >> (7 - len(bits)%8) & 1
		halves[bit] = append(halves[bit], s)
	}
	var parts []part
	for bit, half := range halves {
		if len(half) > 0 {
			parts = append(parts, split(bits+string('0'+rune(bit)), half)...)
		}
	}
	return parts
}
