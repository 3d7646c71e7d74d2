package monitor

import (
	"net"
	"net/netip"
	"slices"
	"strings"
)

// isOwn reports whether a Host is one by which the listener is asked: nobody else can
// have a name that is an IP address, and none of the others leads elsewhere.
func (m *Monitor) isOwn(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return true
	}
	return host == "localhost" || host != "" && slices.Contains(m.source.Hosts(), host)
}
