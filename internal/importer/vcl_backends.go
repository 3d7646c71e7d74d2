package importer

import (
	"slices"
	"strconv"
	"strings"

	"edgegen/internal/hcltext"
)

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
	made.set("servers", hcltext.List([]string{server}), b.Line)
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
	made.set("servers", hcltext.List(servers), from...)
	for _, member := range g.members {
		if b := v.backends[member]; b != nil {
			v.attributes(made, b)
		}
	}
	switch g.kind {
	case "round_robin", "round-robin", "random":
		intoAll(g.from, made.place()+"servers")
	case "client", "hash", "shard":
		made.set("balance", hcltext.Quote("client_hash"), g.from[0])
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
			made.set("host", hcltext.Quote(s.value()), s.Line)
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
			health.set("path", hcltext.Quote(s.value()), s.Line)
		case ".interval", ".timeout":
			if n, ok := vclSeconds(s.tail(2)); ok {
				health.set(strings.TrimPrefix(s.word(0), "."), seconds(n), s.Line)
			}
		case ".threshold", ".window", ".initial":
			s.into(health.place() + "healthy_after")
			s.right("two good answers in a row make a server well, three failures unwell")
		case ".expected_response":
			health.set("status", hcltext.Quote(s.value()), s.Line)
		case ".request":
			for _, word := range s.words {
				if fields := strings.Fields(word.text); word.quoted && len(fields) > 1 && (fields[0] == "GET" || fields[0] == "HEAD") {
					health.set("path", hcltext.Quote(fields[1]), s.Line)
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
