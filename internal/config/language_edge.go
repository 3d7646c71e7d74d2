package config

import (
	"net/netip"
	"strings"
	"time"

	"edgegen/internal/engines"
	"edgegen/internal/site"
)

func edgeLanguage() *schema {
	return &schema{name: "edge", title: "an edge block",
		words: "what holds for all sites: listeners, limits, engines, the log; at most one in all files",
		arguments: []argument{
			{name: "http", kind: listKind, elements: 64, standard: `[":80"]`, by: edgegenItself | webTier,
				words:   "plain listeners, which redirect to https; [] for none. With engine { tls = \"off\" } they serve the sites",
				example: `["127.0.0.1:8080", "[::1]:8080"]`,
				into:    in(func(e *site.Edge) *[]site.Listener { return &e.HTTP }), read: later},
			{name: "https", kind: listKind, elements: 64, standard: `[":443"]`, by: edgegenItself | tlsTier,
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
		blocks: []*schema{engineLanguage(), storageLanguage(), limitsLanguage(), timeoutsLanguage(), logLanguage(), metricsLanguage(), traceLanguage(), acmeLanguage(), edgeRawLanguage()},
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
			{name: "type", kind: textKind, choices: []string{"memory", "file"}, standard: `"memory"`, by: cacheTier,
				words: "what it is stored in", example: `"file"`,
				into: in(func(s *site.Storage) *string { return &s.Type })},
			{name: "size", kind: sizeKind, standard: `"256MiB"`, least: "1MiB", most: "16TiB", by: cacheTier,
				words: "how much is stored", example: `"2GiB"`,
				into: in(func(s *site.Storage) *int64 { return &s.Size })},
			{name: "path", kind: textKind, by: cacheTier,
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

func logLanguage() *schema {
	return &schema{name: "log", title: "a log block", words: "where the access log goes, and how much edgegen tells",
		arguments: []argument{
			{name: "access", kind: textKind, standard: `"stdout"`, by: edgegenItself,
				words: `where a line for each request goes: "stdout", "off" or a file, whose directory must exist; root follows no symbolic link there`, example: `"/var/log/edgegen/access.log"`,
				into: in(func(l *site.Log) *string { return &l.Access }), read: reads(readAccess)},
			{name: "format", kind: textKind, choices: []string{"json", "combined"}, standard: `"json"`, by: edgegenItself,
				words: "the form of those lines", example: `"combined"`,
				into: in(func(l *site.Log) *string { return &l.Format })},
			{name: "fields", kind: listKind, elements: 32, by: edgegenItself,
				words: "what a line in JSON tells, in this order: " + strings.Join(append(site.LogFields(), site.LogFieldsMore()...), ", ") + "; all but the last three where it is left out", example: `["time", "status", "site", "route", "duration_us"]`,
				into: in(func(l *site.Log) *[]string { return &l.Fields }), read: reads(readLogFields)},
			{name: "sample", kind: shareKind, standard: "1", by: edgegenItself,
				words: "the share of requests that have a line; those that fail (5xx), and slow ones, have one in any case", example: "0.1",
				into: in(func(l *site.Log) *float64 { return &l.Omit }), read: reads(readLogSample)},
			{name: "exclude", kind: listKind, elements: 64, by: edgegenItself,
				words: "paths that have no line, with what is below them, as clients write them; a failure and a slow request have one in any case", example: `["/healthz"]`,
				into: in(func(l *site.Log) *[]string { return &l.Exclude }), read: reads(readLogExclude)},
			{name: "slow", kind: durationKind, least: "1ms", most: "1d", by: edgegenItself,
				words: "a request that takes longer has a line whatever sample and exclude say; WebSockets aside", example: `"2s"`,
				into: in(func(l *site.Log) *time.Duration { return &l.Slow })},
			{name: "max_size", kind: sizeKind, least: "64KiB", most: "1TiB", by: edgegenItself,
				words: "a file that becomes larger is called .1, the one before it .2, and so on, and another begins; it grows without bound where that is left out", example: `"100MiB"`,
				into: in(func(l *site.Log) *int64 { return &l.MaxSize })},
			{name: "keep", kind: numberKind, standard: "7", least: "1", most: "1000", by: edgegenItself,
				words: "how many files are kept besides, where max_size is given", example: "30",
				into: in(func(l *site.Log) *int { return &l.Keep })},
			{name: "level", kind: textKind, choices: []string{"debug", "info", "warn", "error"}, standard: `"info"`, by: edgegenItself,
				words: "the least of what edgegen tells on stderr", example: `"warn"`,
				into: in(func(l *site.Log) *string { return &l.Level })},
		},
		home:   within(func(e *site.Edge) *site.Log { return &e.Log }),
		source: in(func(l *site.Log) *site.Source { return &l.Source }),
		check:  checks(checkLog),
	}
}

func metricsLanguage() *schema {
	return &schema{name: "metrics", title: "a metrics block",
		words: "counts requests, and tells how the edge is doing: /metrics for Prometheus, /status for people, /status.json, and /healthz and /readyz for load balancers; nothing is counted without it",
		arguments: []argument{
			{name: "listen", kind: textKind, standard: `"127.0.0.1:9145"`, by: edgegenItself,
				words: "where it is told, by http; whoever can connect may read it", example: `"10.0.0.5:9145"`,
				into: in(func(m *site.Metrics) *[]site.Listener { return &m.Listen }), read: reads(readMetricsListen)},
			{name: "hosts", kind: listKind, elements: 64, by: edgegenItself,
				words: "names by which it may be asked, besides IP addresses, localhost and the name of the machine; others are refused, so that no page in a browser reads it by a name that leads here", example: `["edge.internal"]`,
				into: in(func(m *site.Metrics) *[]string { return &m.Hosts }), read: reads(readMetricsHosts)},
		},
		home:   optional(func(e *site.Edge) **site.Metrics { return &e.Metrics }),
		source: in(func(m *site.Metrics) *site.Source { return &m.Source }),
	}
}

func traceLanguage() *schema {
	return &schema{name: "trace", title: "a trace block",
		words: "traces (W3C Trace Context, OpenTelemetry): each request that reaches an app has a traceparent, kept from trusted_proxies and else made, and a collector is told of a request with a span for each tier, by OTLP over HTTP",
		arguments: []argument{
			{name: "otlp", kind: textKind, needed: true, by: edgegenItself | cacheTier,
				words: "the collector; /v1/traces is put behind a URL that does not end so", example: `"http://127.0.0.1:4318"`,
				into: in(func(t *site.Trace) *string { return &t.Collector }), read: reads(readCollector)},
			{name: "sample", kind: shareKind, standard: "1", by: edgegenItself | cacheTier,
				words: "the share of the traces that begin here of which the collector is told; a trusted proxy's says itself whether it is", example: "0.1",
				into: in(func(t *site.Trace) *float64 { return &t.Sample })},
			{name: "headers", kind: objectKind, by: edgegenItself,
				words: "what the collector is sent besides, such as a key; it is shown nowhere", example: `{ Authorization = "Bearer 8fK3" }`,
				into: in(func(t *site.Trace) *[]site.Header { return &t.Fields }), read: reads(readTraceFields)},
			{name: "ca", kind: textKind, by: edgegenItself,
				words: "a file in PEM with what the certificate of a collector at https is verified with; the authorities of the machine where it is left out", example: `"ca.pem"`,
				into: in(func(t *site.Trace) *string { return &t.CA }), read: later},
		},
		home:   optional(func(e *site.Edge) **site.Trace { return &e.Trace }),
		source: in(func(t *site.Trace) *site.Source { return &t.Source }),
		check:  checks(checkTrace),
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
		},
		home:   within(func(e *site.Edge) *site.ACME { return &e.ACME }),
		source: in(func(a *site.ACME) *site.Source { return &a.Source }),
		check:  checks(checkACME),
	}
}
