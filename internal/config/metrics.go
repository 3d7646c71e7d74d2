package config

import (
	"slices"
	"strings"

	"edgegen/internal/site"
)

func readMetricsListen(b *block, a *argument, m *site.Metrics) { m.Listen = b.listen(a) }

// listen reads an address to listen on. The block around this one compares it with its
// other listeners.
func (b *block) listen(a *argument) []site.Listener {
	e := entry{argument: b.schema.name + "." + a.name, text: strings.Trim(a.standard, `"`)}
	if b.holds(a) {
		written, ok := b.text(a)
		if !ok {
			return nil
		}
		e.text, e.place = written.text, written.place
	}
	var problem, remedy string
	if e.listeners, problem, remedy = parseListener(e.text); problem != "" {
		b.errorAt(e.place, remedy, "%q %s", e.text, problem)
		return nil
	}
	for i := range e.listeners {
		e.listeners[i].Source = b.sourceOf(b.placeOf(a))
	}
	b.around.listening = append(b.around.listening, e)
	return e.listeners
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
