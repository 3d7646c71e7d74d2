package config

import (
	"strings"
	"time"

	"edgegen/internal/site"
)

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
			{name: "listen", kind: textKind, standard: `"127.0.0.1:9145"`, by: edgegenItself, own: "leave it out: those of all edges are told at one address, which --health names",
				words: "where it is told, by http; whoever can connect may read it", example: `"10.0.0.5:9145"`,
				into: in(func(m *site.Metrics) *[]site.Listener { return &m.Listen }), read: reads(readMetricsListen)},
			{name: "hosts", kind: listKind, elements: 64, by: edgegenItself, own: "leave it out: they are told to whoever asks at --health",
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
