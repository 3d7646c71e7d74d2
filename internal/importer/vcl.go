package importer

import (
	"slices"
	"strings"

	"edgegen/internal/hcltext"
)

// vcl puts what a VCL says into the sites.
type vcl struct {
	*chain
	file     *vclFile
	backends map[string]*vclBackend
	acls     map[string]*statement
	probes   map[string]*statement
	groups   map[string]*vclGroup // directors
	subs     map[string]*statement
	standard string // the backend that is asked where nothing else is said
	fresh    bool   // the sites are made here: no web server is behind
	called   []string
}

// vclAhead says what the web server behind has to know of a cache.
func (c *chain) vclAhead(file *vclFile, listens []string) {
	backends, standard, order := declared(file)
	if len(listens) == 0 || len(order) == 0 {
		return
	}
	web := 0
	for _, name := range order {
		if address := backends[name].address(); slices.ContainsFunc(listens, func(l string) bool { return samePort(l, address) }) {
			c.behind, web = append(c.behind, address), web+1
			continue
		}
		c.apps[backends[name].address()] = name
	}
	if b := backends[standard]; web == 0 && here(b.host) {
		// The web server was to listen there, once the cache stands before it.
		c.behind = append(c.behind, b.address())
		delete(c.apps, b.address())
		b.right("the cache asks nginx here, which listens elsewhere as it is: between the tiers there is a Unix socket")
	}
}

func (v *vcl) translate() {
	v.backends, v.standard, _ = declared(v.file)
	v.acls, v.probes, v.groups, v.subs = map[string]*statement{}, map[string]*statement{}, map[string]*vclGroup{}, map[string]*statement{}
	for _, s := range v.file.items {
		switch s.word(0) {
		case "acl":
			v.acls[s.word(1)] = s
		case "probe":
			v.probes[s.word(1)] = s
		case "director":
			v.director(s)
		case "sub":
			if first := v.subs[s.word(1)]; first != nil { // VCL puts them one behind the other
				first.body = append(first.body, s.body...)
				s.into("the site file")
				continue
			}
			v.subs[s.word(1)] = s
		}
	}
	v.initial(v.subs["vcl_init"])
	v.first()
	for _, name := range []string{"vcl_recv", "vcl_backend_response", "vcl_fetch", "vcl_deliver", "vcl_hash", "vcl_pipe", "vcl_backend_fetch", "vcl_hit", "vcl_miss", "vcl_pass", "vcl_purge", "vcl_synth", "vcl_error", "vcl_backend_error", "vcl_fini"} {
		if s := v.subs[name]; s != nil {
			s.into("the site file")
			v.statements(s.body, where{hook: strings.TrimPrefix(name, "vcl_"), sites: v.sites()})
		}
	}
	if v.fresh {
		v.unused()
	}
	v.leftOver()
}

// unused takes out backends that no route asks.
func (v *vcl) unused() {
	for _, site := range v.sites() {
		asked := map[string]bool{}
		for _, route := range site.all("route") {
			asked[route.text("backend")] = true
		}
		for _, b := range site.all("backend") {
			if !asked[b.label] {
				b.discard("no route asks it")
			}
		}
	}
}

// where is what holds where a statement stands.
type where struct {
	hook  string // recv, backend_response, …
	sites []*block
	urls  []string // the expressions of which the URL matches one; none for every URL
}

// director reads a director of Varnish 3.
func (v *vcl) director(s *statement) {
	g := &vclGroup{statement: s, kind: s.word(2), from: []*Line{s.Line}}
	s.every(func(one *statement) {
		if one.word(0) == ".backend" && !one.block {
			g.members = append(g.members, one.value())
		}
		g.from = append(g.from, one.Line)
	})
	v.groups[s.word(1)] = g
}

var (
	newDirector = lazily(`^new (\S+) = directors\.(\S+) \(`)
	addBackend  = lazily(`^(\S+)\.add_backend \( (\S+)`)
)

// initial reads vcl_init, where directors are made.
func (v *vcl) initial(sub *statement) {
	if sub == nil {
		return
	}
	sub.into("the site file")
	for _, s := range sub.body {
		text := s.source()
		if match := newDirector().FindStringSubmatch(text); match != nil {
			v.groups[match[1]] = &vclGroup{statement: s, kind: match[2], from: []*Line{s.Line}}
		} else if match := addBackend().FindStringSubmatch(text); match != nil && v.groups[match[1]] != nil {
			g := v.groups[match[1]]
			g.members, g.from = append(g.members, strings.Trim(match[2], ",")), append(g.from, s.Line)
		} else if s.word(0) == "return" {
			s.idle("edgegen starts the cache itself")
		}
	}
}

// first has a site for the backend that is asked where nothing else is said. Where a
// web server is behind, it has made the sites.
func (v *vcl) first() {
	b := v.backends[v.standard]
	if len(v.sites()) == 0 && b != nil {
		v.fresh = true
		site := v.siteFor("", b.Line)
		v.askedBy(site, v.standardName(), b.Line)
		return
	}
	for _, one := range v.backends {
		if v.inner(one.address()) {
			one.into("the way from the cache to the web tier")
			one.right("it is a Unix socket, which nobody else can reach")
			one.every(func(s *statement) { s.into("the way from the cache to the web tier") })
		}
	}
}

// standardName is the director that every request is led to, or the first backend.
func (v *vcl) standardName() string {
	if recv := v.subs["vcl_recv"]; recv != nil {
		for _, s := range recv.body {
			if match := setBackend().FindStringSubmatch(s.source()); match != nil {
				s.into("route \"/\" → backend")
				return match[2]
			}
		}
	}
	return v.standard
}

// askedBy has the route of every URL of a site ask a backend of the VCL.
func (v *vcl) askedBy(site *block, name string, from ...*Line) {
	backend := v.backend(site, name)
	if backend == nil {
		refuseAll(from, "there is no backend called "+oneLine(name), "write `backend` into the route")
		return
	}
	route := site.find("route", "/")
	if route == nil {
		route = site.named("route", "/", from...)
	}
	route.set("backend", hcltext.Quote(backend.label), from...)
}
