package importer

import (
	"slices"
	"strconv"
	"strings"
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

// vclBackend is a backend, or one without a server.
type vclBackend struct {
	*statement
	host, port string
}

// address is where it listens, as nginx and the language write it.
func (b *vclBackend) address() string {
	if strings.HasPrefix(b.host, "unix:") {
		return b.host
	}
	host := b.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + b.port
}

// vclGroup is a director.
type vclGroup struct {
	*statement
	kind    string
	members []string
	from    []*Line
}

// declared are the backends of a VCL, in its order, and the one that is asked where
// nothing else is said; "" where there is none.
func declared(file *vclFile) (all map[string]*vclBackend, standard string, order []string) {
	all = map[string]*vclBackend{}
	for _, s := range file.items {
		if s.word(0) != "backend" {
			continue
		}
		b := &vclBackend{statement: s, port: "80"}
		for _, one := range s.body {
			switch value := one.value(); one.word(0) {
			case ".host":
				b.host = value
			case ".port":
				b.port = map[string]string{"http": "80", "https": "443"}[value]
				if b.port == "" {
					b.port = value
				}
			case ".path":
				b.host = "unix:" + value
			}
		}
		all[s.word(1)], order = b, append(order, s.word(1))
	}
	switch {
	case all["default"] != nil:
		standard = "default"
	case len(order) > 0:
		standard = order[0]
	}
	return all, standard, order
}

// value is what stands behind the "=" of an attribute.
func (s *statement) value() string {
	for i, word := range s.words {
		if isMark(word, "=") && i+1 < len(s.words) {
			return s.words[i+1].text
		}
	}
	return ""
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
		v.askedBy(site, "/", v.standardName(), b.Line)
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

// askedBy has a route of a site ask a backend of the VCL.
func (v *vcl) askedBy(site *block, label, name string, from ...*Line) *block {
	backend := v.backend(site, name)
	if backend == nil {
		refuseAll(from, "there is no backend called "+oneLine(name), "write `backend` into the route")
		return nil
	}
	route := site.find("route", label)
	if route == nil {
		route = site.named("route", label, from...)
	}
	route.set("backend", quote(backend.label), from...)
	return route
}

// backend is a site's block for a backend or a director of the VCL; nil where there is
// neither, or where it is the web server behind.
func (v *vcl) backend(site *block, name string) *block {
	name = strings.TrimSuffix(strings.TrimSpace(name), ".backend")
	if g := v.groups[name]; g != nil {
		return v.group(site, name, g)
	}
	b := v.backends[name]
	if b == nil || b.host == "" || v.inner(b.address()) {
		return nil
	}
	server := v.serverOf("", b.address(), b.Line)
	for _, one := range site.all("backend") {
		if slices.Contains(one.from, b.Line) {
			return one
		}
		if servers := one.texts("servers"); slices.ContainsFunc(servers, func(s string) bool { return samePort(s, server) }) && len(servers) == 1 {
			one.come([]*Line{b.Line})
			v.attributes(one, b)
			return one
		}
	}
	label := nameOf(name)
	if label == "default" {
		label = "app"
	}
	made := site.named("backend", free(site, label), b.Line)
	made.set("servers", list([]string{server}), b.Line)
	v.attributes(made, b)
	return made
}

// group is a backend of several servers.
func (v *vcl) group(site *block, name string, g *vclGroup) *block {
	for _, one := range site.all("backend") {
		if slices.Contains(one.from, g.from[0]) {
			return one
		}
	}
	made := site.named("backend", free(site, nameOf(name)), g.from...)
	var servers []string
	var from []*Line
	for _, member := range g.members {
		if b := v.backends[member]; b != nil {
			servers, from = append(servers, v.serverOf("", b.address(), b.Line)), append(from, b.Line)
		}
	}
	made.set("servers", list(servers), from...)
	for _, member := range g.members {
		if b := v.backends[member]; b != nil {
			v.attributes(made, b)
		}
	}
	switch g.kind {
	case "round_robin", "round-robin", "random":
		intoAll(g.from, made.place()+"servers")
	case "client", "hash", "shard":
		made.set("balance", quote("client_hash"), g.from[0])
		g.right("a client stays with a server by its address")
	case "fallback":
		for i, server := range servers[min(1, len(servers)):] {
			made.named("server", server, from[i+1]).set("backup", "true")
			made.without("servers", server)
		}
	default:
		g.refuse("servers are asked in turn, by their load or by the client", "choose one of these by `balance`")
	}
	return made
}

// attributes are what a backend says besides its address.
func (v *vcl) attributes(made *block, b *vclBackend) {
	for _, s := range b.body {
		name := strings.TrimPrefix(s.word(0), ".")
		switch name {
		case "host", "port", "path":
			s.into(made.place() + "servers")
		case "connect_timeout", "first_byte_timeout", "between_bytes_timeout":
			if n, ok := vclSeconds(s.tail(2)); ok {
				made.sub("timeouts").set(map[string]string{"connect_timeout": "connect", "first_byte_timeout": "first_byte", "between_bytes_timeout": "between_bytes"}[name], seconds(n), s.Line)
			}
		case "probe":
			probe := s
			if named := v.probes[s.value()]; !s.block && named != nil {
				probe = named
			}
			s.into(made.place() + "health")
			v.probe(made, probe)
		case "max_connections":
			v.bounded(made, b, s)
		case "host_header":
			made.set("host", quote(s.value()), s.Line)
		}
	}
}

// bounded is a backend whose server takes so many connections.
func (v *vcl) bounded(made *block, b *vclBackend, s *statement) {
	server := v.serverOf("", b.address(), nil)
	made.named("server", server, b.Line).set("max_connections", s.value(), s.Line)
	made.without("servers", server)
}

// probe is a health check.
func (v *vcl) probe(made *block, probe *statement) {
	health := made.sub("health", probe.Line)
	for _, s := range probe.body {
		switch s.word(0) {
		case ".url":
			health.set("path", quote(s.value()), s.Line)
		case ".interval", ".timeout":
			if n, ok := vclSeconds(s.tail(2)); ok {
				health.set(strings.TrimPrefix(s.word(0), "."), seconds(n), s.Line)
			}
		case ".threshold", ".window", ".initial":
			s.into(health.place() + "healthy_after")
			s.right("two good answers in a row make a server well, three failures unwell")
		case ".expected_response":
			health.set("status", quote(s.value()), s.Line)
		case ".request":
			for _, word := range s.words {
				if fields := strings.Fields(word.text); word.quoted && len(fields) > 1 && (fields[0] == "GET" || fields[0] == "HEAD") {
					health.set("path", quote(fields[1]), s.Line)
				}
			}
			s.right("the server is asked by GET, with its own Host")
		}
	}
}

// vclSeconds reads a duration of VCL, whose unit may be a word of its own.
func vclSeconds(words []vclToken) (int64, bool) {
	text := strings.ReplaceAll(joined(words), " ", "")
	number := strings.TrimRight(text, "smhdwy")
	unit := map[string]float64{"s": 1, "ms": 0.001, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400, "": 1}[text[len(number):]]
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || unit == 0 || n < 0 || n*unit > 365*86400 {
		return 0, false
	}
	if whole := int64(n * unit); whole > 0 || n == 0 {
		return whole, true
	}
	return 1, true
}

// leftOver gives a verdict to whatever has none yet.
func (v *vcl) leftOver() {
	for _, s := range v.file.items {
		switch word := s.word(0); {
		case word == "vcl" || word == "import":
			s.idle("the language of the cache is edgegen's own affair")
		case word == "probe", word == "acl", word == "backend", word == "director":
			s.idle("nothing asks for it")
		case word == "sub":
			s.idle("nothing calls it")
		}
		if s.Verdict == Idle && s.word(0) == "sub" {
			s.idleAll(s.Why)
		}
		s.every(func(one *statement) {
			around := s
			switch {
			case !one.open():
			case around.word(0) == "backend" || around.word(0) == "probe" || around.word(0) == "acl" || around.word(0) == "director":
				if around.Verdict == Translated && slices.Contains(knownAttributes(), one.word(0)) {
					one.into(around.Into[0])
				} else if around.Verdict == Translated && around.word(0) != "acl" && one.word(0) != "" {
					one.refuse("the attribute is not translated here", "write what it is for into the backend by hand")
				} else {
					one.Verdict, one.Why, one.Remedy, one.Into = around.Verdict, around.Why, around.Remedy, around.Into
				}
			default:
				one.refuse("it is not translated here", remedyVCL(one.source()))
			}
		})
	}
}

// knownAttributes are those whose meaning needs no word of its own.
func knownAttributes() []string {
	return []string{".host", ".port", ".path", ".backend", ".share", ".weight", ".proxy_header"}
}

func remedyVCL(text string) string {
	for _, one := range []struct{ part, remedy string }{
		{"do_esi", "have the app, or the browser, put the parts together: edgegen knows no ESI"},
		{"Set-Cookie", "have the app set no cookie there: what sets one is not stored"},
		{"Cookie", "name the cookies that do not matter in `cache { ignore_cookies = [ … ] }`"},
		{"ban", "purge by `edgegen purge`, or by the method PURGE with `cache { purge { allow = [ … ] } }`"},
		{"synth", "write a route with a redirect, aliases, or an error_page"},
		{"hash_data", "have the app name the header in Vary"},
		{"req.http.", "write `request_headers { set = { … } }` into the route"},
		{"resp.http.", "write `response_headers { set = { … } }` into the route"},
	} {
		if strings.Contains(text, one.part) {
			return one.remedy
		}
	}
	return "write what it is for into the site by hand, or have the app do it"
}
