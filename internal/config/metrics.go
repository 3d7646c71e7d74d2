package config

import (
	"slices"
	"strings"

	"edgegen/internal/site"
)

// readMetricsListen reads where metrics are told. The block around it compares that
// with its other listeners.
func readMetricsListen(b *block, a *argument, m *site.Metrics) {
	e := entry{argument: b.schema.name + "." + a.name, text: strings.Trim(a.standard, `"`)}
	if b.holds(a) {
		written, ok := b.text(a)
		if !ok {
			return
		}
		e.text, e.place = written.text, written.place
	}
	var problem, remedy string
	if e.listeners, problem, remedy = parseListener(e.text); problem != "" {
		b.errorAt(e.place, remedy, "%q %s", e.text, problem)
		return
	}
	for i := range e.listeners {
		e.listeners[i].Source = b.sourceOf(b.placeOf(a))
	}
	m.Listen = e.listeners
	b.around.listening = append(b.around.listening, e)
}

func readMetricsHosts(b *block, a *argument, m *site.Metrics) {
	written, _ := b.texts(a)
	for _, one := range written {
		if host, ok := b.host(one); ok && !slices.Contains(m.Hosts, host.text) {
			m.Hosts = append(m.Hosts, host.text)
		}
	}
	slices.Sort(m.Hosts)
}
