package config

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"edgegen/internal/site"
)

// tracesPath is where OTLP over HTTP takes spans.
const tracesPath = "/v1/traces"

func readCollector(b *block, a *argument, t *site.Trace) {
	written, ok := b.text(a)
	if !ok {
		return
	}
	at, err := url.Parse(written.text)
	switch {
	case err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Hostname() == "" || at.RawQuery != "" || at.Fragment != "":
		b.errorAt(written.place, "write a URL such as "+a.example, "%s cannot be %q: a collector is told by http or https", a.name, written.text)
		return
	case at.User != nil:
		b.errorAt(written.place, "write it in headers, as Authorization", "the URL of %s has a name or a password in it, which would be shown", a.name)
		return
	}
	if at.Path = strings.TrimSuffix(at.Path, "/"); !strings.HasSuffix(at.Path, tracesPath) {
		at.Path += tracesPath
	}
	at.RawPath = ""
	t.Collector = at.String()
}

func readTraceFields(b *block, a *argument, t *site.Trace) {
	reserved := append(hopByHop(), owned{"Host", "it is that of the URL"}, owned{"Content-Type", "OTLP has its own"}, owned{"Content-Encoding", "OTLP has its own"})
	for _, p := range b.pairs(a) {
		if b.checkHeaderName(p.key, reserved, "cannot be sent to the collector") && b.checkHeaderValue(p) {
			t.Fields = append(t.Fields, site.Header{Name: p.key.text, Value: p.value.text, Source: b.sourceOf(p.key.place)})
		}
	}
	slices.SortFunc(t.Fields, func(x, y site.Header) int {
		return cmp.Or(compareNames(x.Name, y.Name), cmp.Compare(x.Value, y.Value))
	})
}

// checkTrace reads what the collector is verified with.
func checkTrace(b *block, t *site.Trace) {
	if ca := b.row(&t.CA); b.holds(ca) {
		t.CA, t.CASum = b.roots(ca)
	}
}
