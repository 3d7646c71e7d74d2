package site

import (
	"net"
	"net/netip"
	"strconv"
	"time"
)

// Cluster is the edges that answer for each other: each URL that may be stored has an
// owner among them, whom the others ask in place of the app.
type Cluster struct {
	Listen  []Listener // where the other members ask this one
	Members []Member   // in the order of the HCL; this edge may be among them
	// Resolve is how often names of members are asked for again.
	Resolve time.Duration
	// Secret is what members know each other by.
	Secret string
	// Size bounds, in bytes, what an edge whose cache tier is a daemon keeps in edgegen of
	// the URLs that it owns. A builtin cache tier keeps them with all else that it stores.
	Size   int64
	Source Source
}

// Member is an edge of a cluster, or, where Host is a name, as many as it has addresses.
type Member struct {
	Host   string // an IP address or a name
	Port   uint16
	Source Source
}

// String is what the member is called, here and at the other members.
func (m Member) String() string { return net.JoinHostPort(m.Host, strconv.Itoa(int(m.Port))) }

// Named reports whether the member has to be looked up.
func (m Member) Named() bool {
	_, err := netip.ParseAddr(m.Host)
	return err != nil
}

// Meaning names a cluster by all that it says; "" for nil.
func (c *Cluster) Meaning() string {
	if c == nil {
		return ""
	}
	return meaningOf(c)
}
