package decide

import (
	"slices"
	"strings"

	"edgegen/internal/site"
)

// hosts are those that the sites of an edge claim.
type hosts struct {
	named   map[string]*Host // by the whole name
	beneath map[string]*Host // by what follows the one label that a wildcard stands for
	deep    map[string]*Host // by what follows any number of labels
	other   *Host            // for hosts that no site claims; nil where no site is the default
}

func noHosts() hosts {
	return hosts{named: map[string]*Host{}, beneath: map[string]*Host{}, deep: map[string]*Host{}}
}

// SiteOf is the site that answers for a host, as Model.Host finds it, or that has a
// wildcard of this name; nil for none. It is for whoever has one question, and no Model.
func SiteOf(edge *site.Edge, host string) *site.Site {
	all := noHosts()
	for i := range edge.Sites {
		s := &edge.Sites[i]
		if slices.Contains(s.Names(), host) {
			return s
		}
		all.claim(Host{Name: s.Host, Site: s})
	}
	if h := all.Host(site.URLHost(host)); h != nil {
		return h.Site
	}
	return nil
}

// claim has a site answer for its names.
func (a *hosts) claim(h Host) {
	a.named[h.Name] = &h
	for _, name := range h.Site.Aliases {
		alias := h
		alias.Name, alias.Alias = name, true
		a.named[name] = &alias
	}
	for _, name := range h.Site.Hosts {
		asked := h
		asked.Name, asked.asked = name, true
		parent, wildcard := site.Beneath(name)
		switch {
		case strings.HasPrefix(name, site.AnyLabels):
			a.deep[parent] = &asked
		case wildcard:
			a.beneath[parent] = &asked
		default:
			a.named[name] = &asked
		}
	}
	if h.Site.Default {
		other := h
		other.asked = true
		a.other = &other
	}
}

// Host finds the host of an authority, whatever its case, port and trailing
// dot; nil where no site claims it.
func (a *hosts) Host(authority string) *Host {
	if h := a.named[authority]; h != nil {
		return h
	}
	name := hostOf(authority)
	bare := strings.Trim(name, "[]")
	if h := a.named[bare]; h != nil {
		return h
	}
	if label, parent, ok := strings.Cut(bare, "."); ok && a.beneath[parent] != nil && isLabel(label) {
		return a.beneath[parent]
	}
	if h := a.deepest(bare); h != nil {
		return h
	}
	if a.other != nil && isHost(name) {
		return a.other
	}
	return nil
}

// deepest is the host of the wildcard that says most of a name, of those that stand for
// any number of labels.
func (a *hosts) deepest(name string) *Host {
	for len(a.deep) > 0 {
		label, parent, more := strings.Cut(name, ".")
		if !more || !isLabel(label) {
			return nil
		}
		if h := a.deep[parent]; h != nil {
			return h
		}
		name = parent
	}
	return nil
}

// hostOf is the host of an authority in lower case, without port and trailing dot.
func hostOf(authority string) string {
	name := authority
	if i := strings.LastIndexByte(name, ':'); i >= 0 && !strings.HasSuffix(name, "]") {
		name = name[:i]
	}
	return strings.ToLower(strings.TrimSuffix(name, "."))
}

// isLabel reports whether a wildcard can stand for it.
func isLabel(label string) bool {
	return label != "" && strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// isHost reports whether it can be a host's name, or an address.
func isHost(name string) bool {
	if inner, ok := strings.CutPrefix(name, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		return ok && inner != "" && strings.Trim(inner, "0123456789abcdef:.") == ""
	}
	for label := range strings.SplitSeq(name, ".") {
		if !isLabel(label) {
			return false
		}
	}
	return true
}
