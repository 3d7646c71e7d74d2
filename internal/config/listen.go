package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"edgegen/internal/site"
)

// listeners decodes http and https. http may be empty; https may not. The
// order is that of the HCL: the first TLS listener is where redirects lead.
func (b *block) listeners(edge *site.Edge) {
	http, https := b.row(&edge.HTTP), b.row(&edge.HTTPS)
	plain, before := b.entries(http), b.errors
	if edge.Plain() {
		b.plainListeners(edge, http, https, plain)
		return
	}
	tls := b.entries(https)
	if b.holds(https) && len(tls) == 0 && b.errors == before {
		b.errorAt(b.placeOf(https), "write "+https.name+" = "+https.standard, "%s is empty: the sites would be served nowhere", https.name)
	}
	b.checkOverlaps(slices.Concat(plain, tls, b.listening))
	edge.HTTP, edge.HTTPS = listenersOf(plain), listenersOf(tls)
}

// plainListeners takes the listeners of an edge that ends no TLS.
func (b *block) plainListeners(edge *site.Edge, http, https *argument, plain []entry) {
	switch {
	case b.holds(https):
		b.errorAt(b.placeOf(https), "remove it; the sites are served on "+http.name, "%s has no use: nobody ends TLS here, as engine.tls is off", https.name)
	case b.holds(http) && len(plain) == 0 && !b.wrong(http):
		b.errorAt(b.placeOf(http), "write "+http.name+" = "+http.standard, "%s is empty: the sites would be served nowhere", http.name)
	}
	if edge.Protocols.HTTP3 {
		b.errorAt(b.placeOf(b.row(&edge.Protocols)), "remove \"h3\"", "h3 cannot be spoken: nobody ends TLS here, as engine.tls is off")
	}
	if len(edge.Trusted) == 0 {
		b.warnAt(b.placeOf(b.row(&edge.Trusted)), `name whoever ends TLS, as trusted_proxies = ["10.0.0.0/8"]`,
			"nobody's X-Forwarded-Proto is believed: with engine.tls off, every request is taken for one that came as http, from whoever connects")
	}
	b.checkOverlaps(slices.Concat(plain, b.listening))
	edge.HTTP, edge.HTTPS = listenersOf(plain), nil
}

func listenersOf(entries []entry) []site.Listener {
	var all []site.Listener
	for _, e := range entries {
		all = append(all, e.listeners...)
	}
	return all
}

func (b *block) entries(a *argument) []entry {
	if !b.holds(a) {
		standard := strings.Trim(a.standard, `["]`)
		listeners, _, _ := parseListener(standard)
		return []entry{{argument: a.name, text: standard, listeners: listeners}}
	}
	written, _ := b.texts(a)
	var entries []entry
	for _, one := range written {
		listeners, problem, remedy := parseListener(one.text)
		if problem != "" {
			b.errorAt(one.place, remedy, "%q %s", one.text, problem)
			continue
		}
		for i := range listeners {
			listeners[i].Source = b.sourceOf(one.place)
		}
		entries = append(entries, entry{a.name, one.text, one.place, listeners})
	}
	return entries
}

func (b *block) checkOverlaps(entries []entry) {
	for i, later := range entries {
		for _, earlier := range entries[:i] {
			b.checkOverlap(earlier, later)
		}
	}
}

// checkOverlap reports two entries that would take the same port of the same
// address. Port 0 takes another port each time.
func (b *block) checkOverlap(earlier, later entry) {
	for _, x := range earlier.listeners {
		for _, y := range later.listeners {
			if !overlap(x.Address, y.Address) {
				continue
			}
			switch {
			case later.place.Filename == "" && earlier.place.Filename == "":
			case later.place.Filename == "":
				b.errorAt(earlier.place, "set "+later.argument+" to another port too", "%q of %s overlaps %s, which is %q by default",
					earlier.text, earlier.argument, later.argument, later.text)
			case earlier.place.Filename == "":
				b.errorAt(later.place, "set "+earlier.argument+" to another port, or to [] for none", "%q of %s overlaps %s, which is %q by default",
					later.text, later.argument, earlier.argument, earlier.text)
			default:
				b.errorAt(later.place, "use another port or address", "%q overlaps %q of %s at %s",
					later.text, earlier.text, earlier.argument, b.where(earlier.place))
			}
			return
		}
	}
}

func overlap(a, b netip.AddrPort) bool {
	if a.Port() == 0 || a.Port() != b.Port() || a.Addr().Is4() != b.Addr().Is4() {
		return false
	}
	return a.Addr() == b.Addr() || a.Addr().IsUnspecified() || b.Addr().IsUnspecified()
}

// parseListener reads ":80", "127.0.0.1:8080", "[::1]:443" or
// "localhost:8080". ":80" and "localhost:80" are two listeners, the IPv6 one
// optional; with port 0 they are the IPv4 one alone, because the other would
// get another port.
func parseListener(text string) (listeners []site.Listener, problem, remedy string) {
	const example = `write ":443", "127.0.0.1:8443" or "[::1]:8443", say`
	if _, err := strconv.ParseUint(text, 10, 16); err == nil {
		return nil, "lacks a colon before the port", fmt.Sprintf("write %q", ":"+text)
	}
	if scheme, rest, ok := strings.Cut(text, "://"); ok {
		return nil, "is a URL, and must be an address", fmt.Sprintf("write it without %q: %q", scheme+"://", strings.TrimRight(rest, "/"))
	}
	host, port, problem := splitHostPort(text, 0)
	switch {
	case problem != "":
		return nil, problem, example
	case host == "" || host == "localhost":
		pair := [2]netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()}
		if host == "localhost" {
			pair = [2]netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
		}
		listeners = append(listeners, site.Listener{Address: netip.AddrPortFrom(pair[0], port)})
		if port != 0 {
			listeners = append(listeners, site.Listener{Address: netip.AddrPortFrom(pair[1], port), Optional: true})
		}
		return listeners, "", ""
	case host == "*":
		return nil, `uses "*", which is left out here`, fmt.Sprintf("write \":%d\"", port)
	}
	address, err := netip.ParseAddr(host)
	switch {
	case err != nil && looksNumeric(host):
		return nil, "holds no valid IP address", example
	case err != nil:
		return nil, "names a host, and must name an address of this machine", `write its IP address, or ":` + strconv.Itoa(int(port)) + `" for every address`
	case address.Zone() != "":
		return nil, "holds an IPv6 zone, which the daemons do not take", "write an address without a zone"
	case address.Is4In6():
		return nil, "is an IPv4 address written as IPv6", fmt.Sprintf("write %q", netip.AddrPortFrom(address.Unmap(), port))
	case address.IsMulticast():
		return nil, "is a multicast address", example
	}
	return []site.Listener{{Address: netip.AddrPortFrom(address, port)}}, "", ""
}
