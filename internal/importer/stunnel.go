package importer

import (
	"net"
	"slices"
	"strconv"
	"strings"

	"edgegen/internal/hcltext"
)

// webService reports a service that is HTTP inside TLS, and why another is none.
func (s *stunnelService) webService(f *stunnelFile) (why, remedy string) {
	_, port, _ := net.SplitHostPort(stunnelAddress(s.option("accept").value))
	protocol := f.setting(s, "protocol").value
	switch {
	case strings.EqualFold(f.setting(s, "client").value, "yes"):
		return "it is a client: it speaks TLS to somebody else", "name that server in a backend as https://HOST"
	case s.option("accept").Line == nil && s.option("sni").Line == nil:
		return "it has neither accept nor sni", "name what it listens on"
	case s.option("exec").Line != nil || s.option("connect").Line == nil && s.option("sni").Line == nil:
		return "it asks no server", "have the app listen on a port"
	case protocol != "" && !strings.EqualFold(protocol, "proxy"):
		return "it is about " + protocol + ", and no HTTP", "keep stunnel for it"
	case port == "993" || port == "995" || port == "465" || port == "636" || port == "563" || port == "990" || port == "6697" || port == "5223" || port == "8883" || port == "3306" || port == "5432" || port == "6379" || port == "587":
		return "port " + port + " is not for HTTP", "keep stunnel for it"
	}
	return "", ""
}

// stunnelAddress writes where stunnel listens, or what it connects to: a port alone is
// one of every address to listen on.
func stunnelAddress(text string) string {
	if _, err := strconv.ParseUint(text, 10, 16); err == nil {
		return ":" + text
	}
	if strings.HasPrefix(text, ":::") {
		return ":" + text[3:]
	}
	return listenAddress(text)
}

// stunnelAhead says what the daemons behind stunnel have to know of it.
func (c *chain) stunnelAhead(f *stunnelFile) {
	for _, s := range f.services {
		if why, _ := s.webService(f); why == "" {
			c.tlsInFront = true
			for _, one := range s.options {
				if strings.EqualFold(one.name, "connect") {
					c.behind = append(c.behind, stunnelAddress(one.value))
				}
			}
		}
	}
}

// stunnel ends TLS for the sites.
func (c *chain) stunnel(f *stunnelFile) {
	edge := c.out.sub("edge")
	web := []*stunnelService{}
	for _, s := range f.services {
		if why, remedy := s.webService(f); why != "" {
			s.refuse(why, remedy)
			for _, one := range s.options {
				one.refuse("its service is refused", "see line "+strconv.Itoa(s.Line.Line))
			}
			continue
		}
		web = append(web, s)
	}
	slices.SortStableFunc(web, func(a, b *stunnelService) int { // what is for one name comes first
		return strings.Compare(b.option("sni").name, a.option("sni").name)
	})
	for _, s := range web {
		c.stunnelService(f, s, edge)
	}
	for _, s := range append([]*stunnelService{f.global}, f.services...) {
		for _, one := range s.options {
			c.stunnelLeft(one)
		}
	}
}

// stunnelService is a listener, or a certificate that a name in the handshake chooses.
func (c *chain) stunnelService(f *stunnelFile, s *stunnelService, edge *block) {
	if accept := s.option("accept"); accept.Line != nil {
		listenAt(edge, "https", stunnelAddress(accept.value), s.Line, accept.Line)
	}
	sites := c.sites()
	if sni := s.option("sni"); sni.Line != nil {
		_, host, found := strings.Cut(sni.value, ":")
		if !found {
			host = sni.value
		}
		s.into("edge → https")
		sites = []*block{c.siteFor(strings.ToLower(host), sni.Line)}
	} else if c.alone || len(sites) == 0 {
		sites = []*block{c.siteFor("", s.Line)}
	}
	c.connect(s, sites)
	for _, b := range sites {
		c.ends(f, s, b)
	}
}

// siteWith is the site that has a host; nil where none has.
func (c *chain) siteWith(host string) *block {
	for _, b := range c.sites() {
		if slices.Contains(b.hosts(), host) {
			return b
		}
	}
	return nil
}

// siteFor is the site that has a host; "" is the one for every host. It is made
// where there is none.
func (c *chain) siteFor(host string, line *Line) *block {
	if b := c.siteWith(host); b != nil {
		b.come([]*Line{line})
		return b
	}
	wildcard := strings.HasPrefix(host, "*.")
	label := strings.TrimPrefix(host, "*.")
	if label == "" {
		label = "localhost"
	}
	b := c.out.named("site", label, line)
	if wildcard {
		b.addTo("hosts", []string{host}, line)
		line.right("a site has a host of its own: " + label + " is served here as well")
	}
	if host == "" {
		b.set("default", "true")
	}
	return b
}

// connect is whom stunnel asks: the next of the chain, or an app.
func (c *chain) connect(s *stunnelService, sites []*block) {
	var servers []string
	var from []*Line
	for _, one := range s.options {
		if !strings.EqualFold(one.name, "connect") {
			continue
		}
		server := stunnelAddress(one.value)
		if strings.HasPrefix(server, ":") {
			server = "127.0.0.1" + server
		}
		servers, from = append(servers, server), append(from, one.Line)
	}
	for _, b := range sites {
		if len(b.all("route")) > 0 {
			intoAll(from, "the way from TLS to the cache")
			rightAll(from, "it is a Unix socket, which nobody else can reach, and the client's address goes along")
			continue
		}
		if len(servers) > 0 {
			b.named("backend", "app", from...).set("servers", hcltext.List(servers), from...)
			route := b.named("route", "/", from...)
			route.set("backend", hcltext.Quote("app"))
			route.set("websocket", "true", from...) // to stunnel all is alike
		}
	}
}

// ends is the certificate of a site, and how TLS is spoken.
func (c *chain) ends(f *stunnelFile, s *stunnelService, b *block) {
	tls := b.sub("tls")
	chain, key := f.setting(s, "cert"), f.setting(s, "key")
	d := &directive{Line: &Line{File: f.name}}
	switch {
	case tls.argument("certificate") != nil, tls.argument("self_signed") != nil && len(tls.argument("self_signed").comment) > 0:
		for _, one := range []stunnelOption{chain, key} {
			if one.Line != nil {
				one.into(tls.place() + "certificate")
				one.right("edgegen makes the file that stunnel needs of certificate and key, readable by its owner alone")
			}
		}
	case chain.Line != nil:
		from := []*Line{chain.Line}
		names := [2]string{c.path(d, chain.value), c.path(d, chain.value)}
		if key.Line != nil {
			names[1], from = c.path(d, key.value), append(from, key.Line)
		}
		c.setPair(tls, names[:1], names[1:], c.exists(names[0]) && c.exists(names[1]), from)
	}
	for _, name := range []string{"sslVersionMin", "sslVersion"} {
		if one := f.setting(s, name); one.Line != nil {
			least := "1.2"
			if strings.EqualFold(one.value, "TLSv1.3") {
				least = "1.3"
			} else if !strings.EqualFold(one.value, "TLSv1.2") {
				one.right("TLS before 1.2 is spoken no more")
			}
			tls.set("min_version", hcltext.Quote(least), one.Line)
		}
	}
	ca, verify := f.setting(s, "CAfile"), f.setting(s, "verifyChain")
	if verify.Line == nil {
		verify = f.setting(s, "verify")
	}
	if ca.Line != nil && verify.Line != nil && verify.value != "0" && !strings.EqualFold(verify.value, "no") {
		tls.set("client_ca", hcltext.Quote(c.path(d, ca.value)), ca.Line, verify.Line)
		how := "require"
		if verify.value == "1" {
			how = "optional"
		}
		tls.set("client_auth", hcltext.Quote(how), verify.Line)
	}
}

// stunnelLeft gives an option a verdict that has none yet.
func (c *chain) stunnelLeft(one stunnelOption) {
	if !one.open() {
		return
	}
	for _, group := range []struct{ why, names string }{
		{"edgegen sees to its own processes", "pid foreground service syslog fips compression engine engineCtrl engineDefault engineId engineNum RNDbytes RNDfile RNDoverwrite EGD libwrap"},
		{"the daemons run as one user, and see what they need alone", "chroot setuid setgid"},
		{"edgegen tells errors on stderr, by log { level }", "debug output log"},
		{"TLS 1.2 and 1.3 are spoken with ciphers that are good", "ciphers ciphersuites curve curves options sslVersionMax securityLevel renegotiation sessionCacheSize sessionCacheTimeout sessionResume session ticketKeySecret ticketMacSecret reset"},
		{"connections live for as long as edge { timeouts } says", "TIMEOUTbusy TIMEOUTclose TIMEOUTconnect TIMEOUTidle TIMEOUTocsp delay retry"},
		{"sockets are edgegen's own", "socket local transparent failover"},
		{"the client's address goes along from tier to tier", "protocol xforwardedfor"},
		{"no client is asked for a certificate", "verify verifyChain verifyPeer requireCert CAfile CApath CRLfile CRLpath"},
		{"nobody uses it", "cert key client accept connect sni sslVersion sslVersionMin"},
	} {
		for name := range strings.FieldsSeq(group.names) {
			if strings.EqualFold(name, one.name) {
				one.idle(group.why)
				return
			}
		}
	}
	one.refuse(oneLine(one.name)+" is not translated here", "keep stunnel for what needs it")
}
