package config

import (
	"slices"
	"strings"
	"time"

	"edgegen/internal/site"
)

// site decodes a site block. Without a route it answers everything with 404,
// which gets a warning.
func (b *block) site(claim func(located)) site.Site {
	s := site.Site{Source: b.source()}
	var names []located // that a certificate must cover
	if label, ok := b.label(); ok {
		if host, ok := b.host(label); ok {
			claim(host)
			s.Host, names = host.text, append(names, host)
		}
	}
	aliases, _ := b.texts("aliases")
	for _, written := range aliases {
		if alias, ok := b.host(written); ok {
			claim(alias)
			s.Aliases, names = append(s.Aliases, alias.text), append(names, alias)
		}
	}
	slices.Sort(s.Aliases)
	s.TLS = b.tls(names)
	s.Backends = b.backends()
	s.Cache = b.one("cache").siteCache()
	s.Maintenance = b.one("maintenance").maintenance()
	s.Routes = b.routes(s.Backends)
	return s
}

// siteCache decodes a site's cache block: grace is 10s and stale_if_error 0s
// by default, each at most a year.
func (b *block) siteCache() site.Cache {
	c := site.Cache{Source: b.source()}
	c.Grace = b.duration("grace", 10*time.Second, 0, year)
	c.StaleIfError = b.duration("stale_if_error", 0, 0, year)
	patterns, _ := b.texts("ignore_cookies")
	for _, pattern := range patterns {
		if !isToken(strings.ReplaceAll(pattern.text, "*", "x")) {
			b.errorAt(pattern.place, `write a cookie's name, with "*" for any run of characters`, "%q is no cookie name", pattern.text)
			continue
		}
		c.IgnoreCookies = append(c.IgnoreCookies, pattern.text)
	}
	slices.Sort(c.IgnoreCookies)
	c.IgnoreCookies = slices.Compact(c.IgnoreCookies)
	return c
}

// maintenance decodes a maintenance block. The page need not exist: that it
// appears is what it is for. retry_after is 5m by default and at least a
// second, because the header field counts seconds.
func (b *block) maintenance() *site.Maintenance {
	if !b.present() {
		return nil
	}
	m := &site.Maintenance{Source: b.source()}
	m.RetryAfter = b.duration("retry_after", 5*time.Minute, time.Second, year)
	if !b.required("page", `"public/maintenance.html"`) {
		return m
	}
	if page, ok := b.text("page"); ok {
		m.Page, _ = b.pathOf("page", page)
		if b.look(m.Page).directory {
			b.errorAt(page.place, "name the page in it", "page %q is a directory", page.text)
		}
	}
	return m
}
