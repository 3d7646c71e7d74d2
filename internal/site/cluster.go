package site

import (
	"net"
	"net/netip"
	"strconv"
	"time"
)

// Cluster is the edges that answer for each other. Each URL that may be stored has an owner
// among them, which the others ask instead of the app.
type Cluster struct {
	Listen  []Listener // where the other members ask this one
	Members []Member   // in the order of the HCL; this edge may be among them
	// Resolve is how often names of members are asked for again.
	Resolve time.Duration
	// Secret is what members know each other by.
	Secret string
	// Size bounds, in bytes, what edgegen stores of the URLs that this edge owns, if the
	// cache tier is a daemon. A builtin cache tier stores them together with everything
	// else.
	Size   int64
	Source Source
}

// Member is an edge of a cluster; or, where Host is a name, as many as it has addresses;
// or, where Service is one, as many as that has pods.
type Member struct {
	Host string // an IP address or a name; "" for those of a Service
	Port uint16 // 0 where the Service says
	// Namespace and Service are those of a Service of Kubernetes.
	Namespace, Service string
	Source             Source
}

// InKubernetes begins a Service, as kubernetes://namespace/service.
const InKubernetes = "kubernetes://"

// String is what the member is called, here and at the other members, or what many are
// found by.
func (m Member) String() string {
	if m.Service != "" {
		return InKubernetes + m.Namespace + "/" + m.Service
	}
	return net.JoinHostPort(m.Host, strconv.Itoa(int(m.Port)))
}

// Named reports whether the member's name has to be looked up.
func (m Member) Named() bool { return m.Service == "" && !m.fixed() }

// Found reports whether the members that it stands for have to be found, by a name or by a
// Service.
func (m Member) Found() bool { return !m.fixed() }

func (m Member) fixed() bool {
	_, err := netip.ParseAddr(m.Host)
	return err == nil
}

// Meaning is a name of the cluster, which is another one if any of its fields is; "" for
// nil.
func (c *Cluster) Meaning() string {
	if c == nil {
		return ""
	}
	return meaningOf(c)
}
