package config

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"edgegen/internal/site"
)

// siteDraft is a site block that is being decoded.
type siteDraft struct {
	site.Site
	names    []located // that the certificate has to cover
	repeated bool      // it is one of those that its block stands for
}

func readEach(b *block, a *argument, s *siteDraft) { s.repeated = b.holds(a) }

// readHost reads the canonical host of a site: the argument, or else the label.
func readHost(b *block, a *argument, s *siteDraft) {
	written, ok := b.text(a)
	switch {
	case b.holds(a) && !ok:
		return
	case ok:
	case s.repeated:
		b.errorAt(b.place, "add "+a.name+" = "+a.example+": the label is the same for all", "%s that is repeated needs %s", b.schema.title, a.name)
		return
	case len(b.labels) == 0:
		return
	default:
		written = b.labels[0]
	}
	if host, ok := b.host(written); ok && b.isOpen(a.name, written) {
		b.claim(host)
		s.Host, s.names = host.text, append(s.names, host)
	}
}

func readAliases(b *block, a *argument, s *siteDraft) {
	aliases, _ := b.texts(a)
	for _, written := range aliases {
		if alias, ok := b.host(written); ok && b.isOpen("an alias", written) {
			b.claim(alias)
			s.Aliases, s.names = append(s.Aliases, alias.text), append(s.names, alias)
		}
	}
	slices.Sort(s.Aliases)
}

// readHosts reads what a site serves beside its canonical host.
func readHosts(b *block, a *argument, s *siteDraft) {
	hosts, _ := b.texts(a)
	for _, written := range hosts {
		host, ok := b.hostOrWildcard(written)
		if ok && b.isOpen("a host", written) {
			b.claim(host)
			if strings.HasPrefix(host.text, site.AnyLabels) && s.Deep() != "" {
				b.errorAt(written.place, "make a site of each", "%q is a second name of the site that stands for any number of labels", written.text)
			}
			s.Hosts, s.names = append(s.Hosts, host.text), append(s.names, host)
		}
	}
	slices.Sort(s.Hosts)
}

// hostOrWildcard reads a host, or "*." or "**." before one.
func (b *block) hostOrWildcard(written located) (located, bool) {
	beneath, wildcard := site.Beneath(written.text)
	if !wildcard || strings.Contains(beneath, "*") {
		return b.host(written)
	}
	host, ok := b.host(located{beneath, written.place})
	if ok && looksNumeric(host.text) {
		b.errorAt(written.place, "name each address", "%q is a wildcard, and nothing stands before an IP address", written.text)
		return located{}, false
	}
	return located{strings.TrimSuffix(written.text, beneath) + host.text, written.place}, ok
}

// readDefault claims the place of the default site, which one site can have.
func readDefault(b *block, a *argument, s *siteDraft) {
	if s.Default = b.flag(a); s.Default {
		b.claim(located{"every other host", b.placeOf(a)})
	}
}

// checkHSTS checks what the list that browsers carry asks for (hstspreload.org).
func checkHSTS(b *block, h *site.HSTS) {
	if h.Preload && (h.MaxAge < 365*day || !h.IncludeSubdomains) {
		b.errorAt(b.placeOf(b.row(&h.Preload)), `write max_age = "1y" and include_subdomains = true`, "browsers take no host on their list for less than a year, or without those below it")
	}
}

func checkSite(b *block, s *siteDraft) {
	slices.SortFunc(s.Backends, func(x, y site.Backend) int { return cmp.Compare(x.Name, y.Name) })
	b.checkRoutes(s)
	b.checkSticky(s)
	if c := s.TLS.Clients; c.Asked() {
		for i := range s.Routes {
			s.Routes[i].Access.Certified = &site.Certified{Required: c.Required, Source: c.Source}
		}
	}
	b.doubtSite(s)
}

// checkSticky checks that ignore_cookies does not name the cookie by which a client stays
// with its server.
func (b *block) checkSticky(s *siteDraft) {
	for _, backend := range s.Backends {
		for _, pattern := range s.Cache.IgnoreCookies {
			if backend.Sticky != nil && matchesPattern(pattern, backend.Sticky.Cookie) {
				b.errorAt(b.place, "leave it out there: such a client would get another server with each answer that is fetched for the cache",
					"ignore_cookies has %q, which is the cookie of a sticky backend", pattern)
			}
		}
	}
}

// matchesPattern reports whether a name is one of a pattern, in which "*" stands
// for any run of characters.
func matchesPattern(pattern, name string) bool {
	before, after, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == name
	}
	if !strings.HasPrefix(name, before) {
		return false
	}
	for rest := name[len(before):]; ; rest = rest[1:] {
		if matchesPattern(after, rest) {
			return true
		}
		if rest == "" {
			return false
		}
	}
}

func readIgnoredCookies(b *block, a *argument, c *site.Cache) {
	c.IgnoreCookies = b.namePatterns(a, `write a cookie's name, with "*" for any run of characters`, "is no cookie name",
		func(pattern string) bool { return isToken(strings.ReplaceAll(pattern, "*", "x")) })
}

// readIgnoredQuery reads names of parameters. What cannot stand in a query, or ends a
// name there, is in none.
func readIgnoredQuery(b *block, a *argument, c *site.Cache) {
	c.IgnoreQuery = b.namePatterns(a, `write a parameter's name as it stands in a URL, with "*" for any run of characters`, "is no name of a parameter",
		func(pattern string) bool {
			return pattern != "" && !strings.ContainsFunc(pattern, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("&=#\"<>\\^`{|}", r) })
		})
}

// namePatterns reads a list of names with "*", in order and each once. What is not good
// is told of.
func (b *block) namePatterns(a *argument, remedy, wrong string, good func(pattern string) bool) (names []string) {
	patterns, _ := b.texts(a)
	for _, pattern := range patterns {
		if !good(pattern.text) {
			b.errorAt(pattern.place, remedy, "%q %s", pattern.text, wrong)
			continue
		}
		names = append(names, pattern.text)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// readTags reads the name of a header that nobody else needs.
func readTags(b *block, a *argument, c *site.Cache) {
	name, ok := b.text(a)
	if !ok {
		return
	}
	const meaning = "it says something else"
	reserved := responseNames()
	for _, other := range []string{"Cache-Control", "Content-Type", "ETag", "Expires", "Last-Modified", "Location", "Server", "Set-Cookie", "Vary", "Via", "WWW-Authenticate", "X-Accel-*"} {
		reserved = append(reserved, owned{other, meaning})
	}
	if strings.IndexFunc(name.text, unicode.IsLetter) != 0 || strings.ContainsAny(name.text, "!#$%&'*+.^`|~") {
		b.errorAt(name.place, `use letters, digits and "-"`, "%q is no name for a header field", name.text)
		return
	}
	if b.checkHeaderName(name, reserved, "cannot name tags") {
		c.Tags = name.text
	}
}

func readPurgers(b *block, a *argument, c *site.Cache) { c.Purgers = b.networks(a) }

// readPage reads the page of a maintenance block. It need not exist: maintenance begins
// when it appears.
func readPage(b *block, a *argument, m *site.Maintenance) {
	page, ok := b.text(a)
	if !ok {
		return
	}
	m.Page, _ = b.pathOf(a.name, page)
	if b.look(m.Page).directory {
		b.errorAt(page.place, "name the page in it", "%s %q is a directory", a.name, page.text)
	}
}

// claim gives a site a name, which no other site can have then.
func (l *loader) claim(name located) {
	l.note.claim(name)
	if first, taken := l.claims[name.text]; taken {
		l.errorAt(name.place, "give one of them another host, or make one block of both", "%s is claimed twice: first at %s", name.text, l.where(first))
		return
	}
	l.claims[name.text] = name.place
}
