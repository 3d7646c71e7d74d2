package config

import (
	"net/netip"
	"time"

	"edgegen/internal/engines"
	"edgegen/internal/site"
)

func edgeLanguage() *schema {
	return &schema{name: "edge", title: "an edge block",
		words: "what holds for all sites: listeners, limits, engines, the log; at most one in all files",
		arguments: []argument{
			{name: "http", kind: listKind, elements: 64, standard: `[":80"]`, by: edgegenItself | webTier, own: "leave it out: each edge has listeners of its own",
				words:   "plain listeners, which redirect to https; [] for none. With engine { tls = \"off\" } they serve the sites",
				example: `["127.0.0.1:8080", "[::1]:8080"]`,
				into:    in(func(e *site.Edge) *[]site.Listener { return &e.HTTP }), read: later},
			{name: "https", kind: listKind, elements: 64, standard: `[":443"]`, by: edgegenItself | tlsTier, own: "leave it out: each edge has listeners of its own",
				words:   "TLS listeners, which serve the sites; redirects lead to the first. None with engine { tls = \"off\" }",
				example: `[":8443"]`,
				into:    in(func(e *site.Edge) *[]site.Listener { return &e.HTTPS }), read: later},
			{name: "public_port", kind: numberKind, least: "1", most: "65535", by: edgegenItself | cacheTier,
				words:   "the port to which redirects lead; that of the first https listener where it is left out",
				example: "443",
				into:    in(func(e *site.Edge) *int { return &e.PublicPort }),
				source:  in(func(e *site.Edge) *site.Source { return &e.PublicPortSource })},
			{name: "protocols", kind: listKind, elements: 3, standard: `["h1", "h2"]`, by: edgegenItself | tlsTier | cacheTier,
				words:   "the versions of HTTP that clients may choose; h1 is always among them. h3 is HTTP/3, on the UDP ports of https: the tls tier is builtin then. stunnel speaks h1 alone",
				example: `["h1", "h2", "h3"]`,
				into:    in(func(e *site.Edge) *site.Protocols { return &e.Protocols }),
				source:  in(func(e *site.Edge) *site.Source { return &e.ProtocolsSource }), read: reads(readProtocols)},
			{name: "health_path", kind: textKind, by: cacheTier,
				words:   "a path that is answered 200 on every listener and for every host, to GET and HEAD, for whoever asks whether the edge is there",
				example: `"/healthz"`,
				into:    in(func(e *site.Edge) *string { return &e.HealthPath }),
				source:  in(func(e *site.Edge) *site.Source { return &e.HealthSource }), read: reads(readEdgeHealth)},
			{name: "user", kind: textKind, by: edgegenItself,
				words:   "whom the daemons and the apps run as where edgegen is root",
				example: `"www-data"`,
				into:    in(func(e *site.Edge) *string { return &e.User }),
				source:  in(func(e *site.Edge) *site.Source { return &e.UserSource }), read: reads(readUser)},
			{name: "trusted_proxies", kind: listKind, by: cacheTier,
				words:   "networks whose forwarded headers are believed; nobody's where it is left out",
				example: `["10.0.0.0/8", "192.0.2.1"]`,
				into:    in(func(e *site.Edge) *[]site.Prefix { return &e.Trusted }), read: reads(readTrusted)},
			{name: "proxy_protocol", kind: listKind, by: tlsTier,
				words:   "networks whose connections to the public listeners have to begin with a PROXY header, version 1 or 2, which says who the client is; from anybody else one is refused. The tls tier is builtin then",
				example: `["10.0.0.0/8"]`,
				into:    in(func(e *site.Edge) *[]site.Prefix { return &e.Announced }),
				source:  in(func(e *site.Edge) *site.Source { return &e.AnnouncedSource }), read: reads(readAnnounced)},
			{name: "resolver", kind: listKind, elements: 16, by: edgegenItself,
				words:   "name servers that are asked for the addresses of backends, with port 53 where none is named; those of the machine where it is left out",
				example: `["10.0.0.2", "127.0.0.1:5353"]`,
				into:    in(func(e *site.Edge) *[]netip.AddrPort { return &e.Resolvers }), read: reads(readResolver)},
		},
		blocks: []*schema{engineLanguage(), storageLanguage(), limitsLanguage(), timeoutsLanguage(), logLanguage(), metricsLanguage(), traceLanguage(), clusterLanguage(), acmeLanguage(), edgeRawLanguage()},
		check:  checks((*block).listeners),
	}
}

func engineLanguage() *schema {
	return &schema{name: "engine", title: "an engine block",
		words: "who serves each tier; auto takes the daemon where it is installed",
		arguments: []argument{
			{name: site.TLSTier, kind: textKind, choices: engineChoices(site.TLSTier), standard: `"auto"`, by: edgegenItself,
				words: "who ends TLS; off: somebody in front of the edge does, as a load balancer, whom trusted_proxies names; nginx: the one that is the web tier, where the cache is off", example: `"builtin"`,
				into:   in(func(e *site.Engines) *site.Engine { return &e.TLS }),
				source: in(func(e *site.Engines) *site.Source { return &e.TLSSource }), read: reads(readEngine)},
			{name: site.CacheTier, kind: textKind, choices: engineChoices(site.CacheTier), standard: `"auto"`, by: edgegenItself,
				words: "who caches, and leads WebSockets to the apps; off: nothing is stored, and edgegen does the rest", example: `"varnish"`,
				into: in(func(e *site.Engines) *site.Engine { return &e.Cache }), read: reads(readEngine)},
			{name: site.WebTier, kind: textKind, choices: engineChoices(site.WebTier), standard: `"auto"`, by: edgegenItself,
				words: "who serves files and asks the apps", example: `"nginx"`,
				into:   in(func(e *site.Engines) *site.Engine { return &e.Web }),
				source: in(func(e *site.Engines) *site.Source { return &e.WebSource }), read: reads(readEngine)},
		},
		home:   within(func(e *site.Edge) *site.Engines { return &e.Engine }),
		source: in(func(e *site.Engines) *site.Source { return &e.Source }),
	}
}

func engineChoices(tier string) (choices []string) {
	for _, engine := range engines.Choices(tier) {
		choices = append(choices, string(engine))
	}
	if site.CanBeOff(tier) {
		choices = append(choices, string(site.Off))
	}
	return choices
}

func storageLanguage() *schema {
	return &schema{name: "cache_storage", title: "a cache_storage block", words: "where the cache keeps what it stores",
		arguments: []argument{
			{name: "type", kind: textKind, choices: []string{"memory", "file"}, standard: `"memory"`, by: cacheTier, own: "leave it out: each edge stores in memory",
				words: "what it is stored in", example: `"file"`,
				into: in(func(s *site.Storage) *string { return &s.Type })},
			{name: "size", kind: sizeKind, standard: `"256MiB"`, least: "1MiB", most: "16TiB", by: cacheTier,
				words: "how much is stored", example: `"2GiB"`,
				into: in(func(s *site.Storage) *int64 { return &s.Size })},
			{name: "path", kind: textKind, by: cacheTier, own: "leave it out: each edge stores in memory",
				words: "the file, which the type file needs and memory ignores; its directory must exist", example: `"cache.bin"`,
				into: in(func(s *site.Storage) *string { return &s.Path }), read: reads(readStoragePath)},
		},
		home:   within(func(e *site.Edge) *site.Storage { return &e.Storage }),
		source: in(func(s *site.Storage) *site.Source { return &s.Source }),
	}
}

func limitsLanguage() *schema {
	const most = "1000000"
	return &schema{name: "limits", title: "a limits block", words: "what the edge takes in; threads, workers and descriptors are sized by it",
		arguments: []argument{
			{name: "connections", kind: numberKind, standard: "10000", least: "16", most: most, by: tlsTier | cacheTier | webTier,
				words: "open connections of clients; over it 503", example: "2000",
				into: in(func(l *site.Limits) *int { return &l.Connections })},
			{name: "websockets", kind: numberKind, standard: "5000", least: "1", most: most, by: cacheTier,
				words: "open WebSockets, each of which is a connection too; not more than connections where those are fewer", example: "500",
				into: in(func(l *site.Limits) *int { return &l.WebSockets })},
			{name: "header_size", kind: sizeKind, standard: `"16KiB"`, least: "1KiB", most: "1MiB", by: cacheTier | webTier,
				words: "the head of a request; over it 431", example: `"32KiB"`,
				into: in(func(l *site.Limits) *int64 { return &l.HeaderSize })},
			{name: "body_size", kind: sizeKind, standard: `"100MiB"`, least: "1B", most: "1TiB", by: cacheTier | webTier,
				words: "the body of a request; over it 413", example: `"1GiB"`,
				into: in(func(l *site.Limits) *int64 { return &l.BodySize })},
		},
		home:   within(func(e *site.Edge) *site.Limits { return &e.Limits }),
		source: in(func(l *site.Limits) *site.Source { return &l.Source }),
		check:  checks(checkLimits),
	}
}

func timeoutsLanguage() *schema {
	row := func(name, standard string, by tier, words, example string, of func(*site.Timeouts) *time.Duration) argument {
		return argument{name: name, kind: durationKind, standard: standard, least: "1ms", most: "365d", by: by,
			words: words, example: example, into: in(of)}
	}
	return &schema{name: "timeouts", title: "a timeouts block", words: "how long the edge waits",
		arguments: []argument{
			row("header", `"10s"`, tlsTier|cacheTier|webTier, "to receive the head of a request", `"5s"`,
				func(t *site.Timeouts) *time.Duration { return &t.Header }),
			row("idle", `"60s"`, tlsTier|cacheTier|webTier, "between the requests of a connection", `"30s"`,
				func(t *site.Timeouts) *time.Duration { return &t.Idle }),
			row("connect", `"5s"`, cacheTier|webTier, "to connect to an app", `"1s"`,
				func(t *site.Timeouts) *time.Duration { return &t.Connect }),
			row("first_byte", `"60s"`, cacheTier|webTier, "from a request that is sent to the first byte of the app's answer; over it 504", `"5m"`,
				func(t *site.Timeouts) *time.Duration { return &t.FirstByte }),
			row("between_bytes", `"60s"`, cacheTier|webTier, "silence within an answer; an event stream has websocket_idle instead", `"1h"`,
				func(t *site.Timeouts) *time.Duration { return &t.BetweenBytes }),
			row("body", `"30s"`, cacheTier|webTier, "in which the body of a request has to move by 1 KiB", `"10s"`,
				func(t *site.Timeouts) *time.Duration { return &t.Body }),
			row("websocket_idle", `"24h"`, cacheTier, "a WebSocket in which nothing moves", `"1h"`,
				func(t *site.Timeouts) *time.Duration { return &t.WebSocketIdle }),
			row("drain", `"30s"`, edgegenItself, "how long a stop or a restart waits for requests in work", `"2m"`,
				func(t *site.Timeouts) *time.Duration { return &t.Drain }),
		},
		home:   within(func(e *site.Edge) *site.Timeouts { return &e.Timeout }),
		source: in(func(t *site.Timeouts) *site.Source { return &t.Source }),
		check:  checks(doubtTimeouts),
	}
}

func acmeLanguage() *schema {
	return &schema{name: "acme", title: "an acme block",
		words: "the authority that gives certificates to sites with tls { acme = true }, and renews them; to get one is to agree to its terms",
		arguments: []argument{
			{name: "email", kind: textKind, by: edgegenItself,
				words: "where the authority writes to when something is wrong with a certificate", example: `"ops@example.com"`,
				into: in(func(a *site.ACME) *string { return &a.Email }), read: reads(readEmail)},
			{name: "directory", kind: textKind, standard: `"https://acme-v02.api.letsencrypt.org/directory"`, by: edgegenItself,
				words: "the URL of the authority's directory", example: `"https://ca.example/dir"`,
				into: in(func(a *site.ACME) *string { return &a.Directory }), read: reads(readDirectory)},
			{name: "ca_root", kind: textKind, by: edgegenItself,
				words: "a file in PEM with what the directory's own certificate is verified with; the authorities of the machine where it is left out", example: `"authority.pem"`,
				into: in(func(a *site.ACME) *string { return &a.CARoot }), read: later},
			{name: "eab", kind: objectKind, by: edgegenItself,
				words: "key_id and hmac_key, with which an authority that knows its customers binds the account to one of them", example: `{ key_id = "kid-1", hmac_key = "zWNDZM6eQGHW" }`,
				into: in(func(a *site.ACME) *string { return &a.KeyID }), read: reads(readBinding)},
			{name: "profile", kind: textKind, by: edgegenItself,
				words: "the kind of certificate, by the authority's name for it, from the next one on; its own choice where it is left out", example: `"shortlived"`,
				into: in(func(a *site.ACME) *string { return &a.Profile }), read: reads(readProfile)},
			{name: "store", kind: textKind, by: edgegenItself,
				words: "what several edges have in common: a directory on storage that all have mounted, or Secrets of a cluster, as kubernetes://namespace/name. One of them asks the authority, all answer it, and all serve what it gives. TLS sessions of one are resumed at the others", example: `"/shared/edge"`,
				into:   in(func(a *site.ACME) *string { return &a.Store }),
				source: in(func(a *site.ACME) *site.Source { return &a.StoreSource }), read: reads(readStore)},
		},
		home:   within(func(e *site.Edge) *site.ACME { return &e.ACME }),
		source: in(func(a *site.ACME) *site.Source { return &a.Source }),
		check:  checks(checkACME),
	}
}
