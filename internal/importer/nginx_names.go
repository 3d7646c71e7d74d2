package importer

import (
	"slices"
	"strings"
)

// siteNames are the names of a server, sorted by what they are.
type siteNames struct {
	exact, wildcards   []string
	fallback           bool
	from, fallbackFrom []*Line
}

func (s *server) siteNames() (names siteNames) {
	for _, l := range s.listens {
		if l.fallback {
			names.fallback, names.fallbackFrom = true, append(names.fallbackFrom, l.Line)
		}
	}
	for _, d := range s.find("server_name") {
		names.from = append(names.from, d.Line)
		for _, name := range d.args {
			name = strings.ToLower(strings.TrimSuffix(name, "."))
			switch {
			case name == "_" || name == "" || name == "*":
				names.fallback, names.fallbackFrom = true, append(names.fallbackFrom, d.Line)
			case strings.HasPrefix(name, "~"), strings.HasSuffix(name, ".*"), strings.Contains(name, "$"):
				d.refuse("no host of a site is a regular expression, or ends in *", "name the hosts, of which *.example.com stands for one label more")
			case strings.HasPrefix(name, "."):
				names.exact, names.wildcards = append(names.exact, name[1:]), append(names.wildcards, "*"+name)
			case strings.HasPrefix(name, "*."):
				names.wildcards = append(names.wildcards, name)
			default:
				names.exact = append(names.exact, name)
			}
		}
	}
	if len(names.from) == 0 {
		names.fallback, names.from = true, []*Line{s.Line}
		names.fallbackFrom = append(names.fallbackFrom, s.Line)
	}
	for _, r := range s.byHost { // the name that others of the server lead to is the canonical one
		if i := slices.Index(names.exact, r.to.host); r.name != "" && i > 0 {
			names.exact = slices.Insert(slices.Delete(names.exact, i, i+1), 0, r.to.host)
		}
	}
	return names
}

// aliases are the names that a server itself redirects to another of its names.
func (n *nginx) aliases(b *block, s *server) {
	for _, r := range s.byHost {
		name := r.name
		if name == "*" {
			name = "www." + b.label
		}
		switch {
		case r.to.host == "" && r.to.scheme == "https":
			intoAll(r.from, "edge → http")
		case name == "" || r.to.host != b.label && name != "www."+b.label:
			refuseAll(r.from, "aliases lead to the canonical host of their site", "write a site for the name, with a redirect")
		default:
			b.without("hosts", name)
			b.addTo("aliases", []string{name}, r.from...)
			rightAll(r.from, "one redirect leads from http and from https to the canonical host")
		}
	}
}
