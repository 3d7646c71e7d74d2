package config

import (
	"time"

	"edgegen/internal/certificate"
	"edgegen/internal/site"
)

func siteLanguage() *schema {
	return &schema{name: "site", title: "a site block", label: "example.com", many: true,
		words: "one canonical host, which is the label, and what is served there",
		arguments: []argument{
			{name: "for_each", kind: eachKind, raw: true, by: edgegenItself,
				words: "one site for each, in which each.key and each.value say for which; the label is a name then, and host needed", example: `toset(["blue", "green"])`,
				into: in(func(s *siteDraft) *bool { return &s.repeated }), read: reads(readEach)},
			{name: "host", kind: textKind, by: edgegenItself,
				words: "the canonical host, where the label is a name", example: `"${each.key}.example.com"`,
				into: in(func(s *siteDraft) *string { return &s.Host }), read: reads(readHost)},
			{name: "aliases", kind: listKind, by: cacheTier,
				words: "hosts that are answered with a redirect to the canonical one", example: `["www.example.com"]`,
				into: in(func(s *siteDraft) *[]string { return &s.Aliases }), read: reads(readAliases)},
			{name: "hosts", kind: listKind, by: cacheTier,
				words: "other hosts that are served as they are; `*.` before one stands for one label, and gives way to a host that is named; `**.` stands for any number, and gives way to all that say more, once in a site", example: `["api.example.com", "*.shop.example.com"]`,
				into:   in(func(s *siteDraft) *[]string { return &s.Hosts }),
				source: in(func(s *siteDraft) *site.Source { return &s.HostsSource }), read: reads(readHosts)},
			{name: "default", kind: flagKind, standard: "false", by: cacheTier,
				words: "every host that no site claims is served too, instead of 421; for one site at most", example: "true",
				into:   in(func(s *siteDraft) *bool { return &s.Default }),
				source: in(func(s *siteDraft) *site.Source { return &s.DefaultSource }), read: reads(readDefault)},
		},
		blocks: []*schema{tlsLanguage(), backendLanguage(), siteCacheLanguage(), hstsLanguage(), maintenanceLanguage(), siteRawLanguage(), routeLanguage()},
		source: in(func(s *siteDraft) *site.Source { return &s.Source }),
		check:  checks(checkSite),
	}
}

func tlsLanguage() *schema {
	return &schema{name: "tls", title: "a tls block", words: "the certificate of a site, which every site has, unless nobody ends TLS here (engine { tls = \"off\" })",
		arguments: []argument{
			{name: "certificate", kind: someKind, elements: certificate.Kinds, by: tlsTier,
				words: "a file with the site's own certificate in PEM and those that lead from it to an authority which clients know; read again on a reload. A list has one for each kind of key, of which a client is shown what it can use, ECDSA before Ed25519 before RSA", example: `"server.crt"`,
				into: in(func(t *site.TLS) *[]string { return &t.Certificates }), read: later},
			{name: "key", kind: someKind, elements: certificate.Kinds, by: tlsTier,
				words: "a file with the key of the certificate in PEM, without a passphrase; a list has one for each certificate, in the same order", example: `"server.key"`,
				into: in(func(t *site.TLS) *[]string { return &t.Keys }), read: later},
			{name: "self_signed", kind: flagKind, standard: "false", by: edgegenItself,
				words: "a local authority in the state directory signs the certificate; in place of certificate and key", example: "true",
				into: in(func(t *site.TLS) *bool { return &t.SelfSigned })},
			{name: "acme", kind: flagKind, standard: "false", by: edgegenItself,
				words: "the authority of the edge's acme block gives the certificate, for all names of the site, and renews it; until it has, one of the local authority is served", example: "true",
				into: in(func(t *site.TLS) *bool { return &t.ACME })},
			{name: "dns_hook", kind: listKind, by: edgegenItself,
				words: "with acme, a command that writes into the DNS that the names are the site's (dns-01), which a wildcard needs: it is called with `present` or `cleanup`, the name of a TXT record, which ends in a dot, and its value. `present` adds that to those that are there; the order goes on when a name server tells of it, or after a minute", example: `["./dns.sh"]`,
				into: in(func(t *site.TLS) *[]string { return &t.DNSHook }), read: reads(readDNSHook)},
			{name: "min_version", kind: textKind, choices: []string{"1.2", "1.3"}, standard: `"1.2"`, by: tlsTier,
				words: "the oldest version of TLS that is spoken", example: `"1.3"`,
				into: in(func(t *site.TLS) *string { return &t.MinVersion }), read: reads(readMinVersion)},
			{name: "client_ca", kind: textKind, by: tlsTier,
				words: "a file with the certificates, in PEM, of the authorities that give clients theirs: clients are asked for one in the handshake, and the app is told of it in `X-Client-Cert-Verify` (`SUCCESS` or `NONE`), `X-Client-Cert-Subject` and `X-Client-Cert-Fingerprint` (SHA-256). Whoever shows one that is not good is answered 403. Read again on a reload; the tls tier is builtin then", example: `"clients.pem"`,
				into: in(func(t *site.TLS) *string { return &t.Clients.CAFile }), read: later},
			{name: "client_auth", kind: textKind, choices: []string{"require", "optional"}, standard: `"require"`, by: tlsTier,
				words: "whether a client without a certificate comes in", example: `"optional"`,
				into: in(func(t *site.TLS) *bool { return &t.Clients.Required }), read: reads(readClientAuth)},
			{name: "client_crl", kind: textKind, by: tlsTier,
				words: "a file with the lists of certificates that those authorities have taken back (CRL), in PEM, one of each. While a list is too old nobody comes in by that authority", example: `"revoked.pem"`,
				into: in(func(t *site.TLS) *string { return &t.Clients.CRLFile }), read: later},
		},
		home:   within(func(s *siteDraft) *site.TLS { return &s.TLS }),
		source: in(func(t *site.TLS) *site.Source { return &t.Source }),
		check:  checks(checkTLS),
	}
}

func siteCacheLanguage() *schema {
	return &schema{name: "cache", title: "a site's cache block", words: "what the cache may do beyond what responses say themselves",
		arguments: []argument{
			{name: "grace", kind: durationKind, standard: `"0s"`, least: "0s", most: "365d", by: cacheTier,
				words: "how long a stale response is served while a fresh one is fetched", example: `"1m"`,
				into: in(func(c *site.Cache) *time.Duration { return &c.Grace })},
			{name: "stale_if_error", kind: durationKind, standard: `"0s"`, least: "0s", most: "365d", by: cacheTier,
				words: "how long a stale response is served while the app fails", example: `"1h"`,
				into: in(func(c *site.Cache) *time.Duration { return &c.StaleIfError })},
			{name: "heuristic", kind: flagKind, standard: "false", by: cacheTier,
				words: "whether a response with Last-Modified and without freshness stays fresh for a tenth of its age, at most a day, where the route has no `ttl`", example: "true",
				into: in(func(c *site.Cache) *bool { return &c.Heuristic })},
			{name: "ignore_cookies", kind: listKind, by: cacheTier,
				words: `cookies that do not keep a request from the cache, as any other does; "*" stands for any run of characters`, example: `["_ga*"]`,
				into: in(func(c *site.Cache) *[]string { return &c.IgnoreCookies }), read: reads(readIgnoredCookies)},
			{name: "ignore_query", kind: listKind, elements: 256, by: cacheTier,
				words: `parameters of the query, as they are written in a URL, that do not tell one stored response from another; the app sees all of them; "*" stands for any run of characters`, example: `["utm_*", "fbclid"]`,
				into: in(func(c *site.Cache) *[]string { return &c.IgnoreQuery }), read: reads(readIgnoredQuery)},
			{name: "tags", kind: textKind, by: cacheTier,
				words: "the header in which the app names the tags of a response, with commas or spaces between them, for `edgegen purge --tag`; it is not passed on", example: `"Cache-Tag"`,
				into: in(func(c *site.Cache) *string { return &c.Tags }), read: reads(readTags)},
			{name: "status_header", kind: flagKind, standard: "false", by: cacheTier,
				words: "whether answers tell in `Cache-Status` (RFC 9211) what the cache did: a hit and how long it stays fresh, or why the app was asked, and why its answer was not stored", example: "true",
				into: in(func(c *site.Cache) *bool { return &c.Status })},
		},
		blocks: []*schema{{name: "purge", title: "a purge block", words: "who may have the cache forget a URL by asking for it with the method PURGE; anybody else is answered as with any other method",
			arguments: []argument{
				{name: "allow", kind: listKind, elements: 1024, needed: true, by: cacheTier,
					words: "networks or addresses of clients, as `trusted_proxies` tell them", example: `["127.0.0.1", "10.0.0.0/8"]`,
					into: in(func(c *site.Cache) *[]site.Prefix { return &c.Purgers }), read: reads(readPurgers)},
			},
			home:   within(func(c *site.Cache) *site.Cache { return c }),
			source: in(func(c *site.Cache) *site.Source { return &c.PurgeSource })}},
		home:   within(func(s *siteDraft) *site.Cache { return &s.Cache }),
		source: in(func(c *site.Cache) *site.Source { return &c.Source }),
	}
}

func hstsLanguage() *schema {
	return &schema{name: "hsts", title: "an hsts block", words: "browsers are told to ask by https alone, on every answer of the site over https, redirects from aliases among them",
		arguments: []argument{
			{name: "max_age", kind: durationKind, standard: `"1y"`, least: "0s", most: "100y", by: cacheTier,
				words: "for how long they keep to it; 0s takes it back", example: `"30d"`,
				into: in(func(h *site.HSTS) *time.Duration { return &h.MaxAge })},
			{name: "include_subdomains", kind: flagKind, standard: "false", by: cacheTier,
				words: "hosts below this one, too", example: "true",
				into: in(func(h *site.HSTS) *bool { return &h.IncludeSubdomains })},
			{name: "preload", kind: flagKind, standard: "false", by: cacheTier,
				words: "the host may be on the list that browsers come with", example: "true",
				into: in(func(h *site.HSTS) *bool { return &h.Preload })},
		},
		home:   optional(func(s *siteDraft) **site.HSTS { return &s.HSTS }),
		source: in(func(h *site.HSTS) *site.Source { return &h.Source }),
		check:  checks(checkHSTS),
	}
}

func maintenanceLanguage() *schema {
	return &schema{name: "maintenance", title: "a maintenance block", words: "a page that answers every request with 503 while its file exists",
		arguments: []argument{
			{name: "page", kind: textKind, needed: true, by: cacheTier | webTier,
				words: "the file, which need not exist yet", example: `"public/maintenance.html"`,
				into: in(func(m *site.Maintenance) *string { return &m.Page }), read: reads(readPage)},
			{name: "retry_after", kind: durationKind, standard: `"5m"`, least: "1s", most: "365d", by: cacheTier | webTier,
				words: "when clients are told to come again", example: `"1h"`,
				into: in(func(m *site.Maintenance) *time.Duration { return &m.RetryAfter })},
		},
		home:   optional(func(s *siteDraft) **site.Maintenance { return &s.Maintenance }),
		source: in(func(m *site.Maintenance) *site.Source { return &m.Source }),
	}
}
