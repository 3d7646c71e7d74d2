package render

import (
	"fmt"
	"slices"
	"strings"

	"edgegen/internal/site"
)

// vclACL is the acl for a route's allow and deny.
type vclACL struct {
	Name    string
	Refuses string // the VCL operator that holds for refused addresses: "~" or "!~"
	Entries []vclEntry
	Source  site.Source
}

type vclEntry struct {
	vclTrusted
	Not bool
}

// vclACLOf returns an acl of the addresses that are let in; of those that are refused, if the
// route has only deny. Varnish goes by the longest entry that contains an address. It is nil
// if the address decides nothing, or edgegen decides instead.
func vclACLOf(a *site.Access, route string, counted bool) *vclACL {
	if !a.ByAddress() || a.Gated() && !counted {
		return nil
	}
	acl := &vclACL{Name: "access_" + strings.ReplaceAll(route, ".", "_"), Refuses: "!~", Source: a.AllowSource}
	if len(a.Allow) == 0 {
		acl.Refuses, acl.Source = "~", a.DenySource
	}
	for _, p := range a.Deny {
		acl.Entries = append(acl.Entries, vclEntry{vclNetwork(p), len(a.Allow) > 0})
	}
	for _, p := range a.Allow {
		if !slices.ContainsFunc(a.Deny, func(d site.Prefix) bool { return d.Network == p.Network }) {
			acl.Entries = append(acl.Entries, vclEntry{vclNetwork(p), false})
		}
	}
	return acl
}

func vclNetwork(p site.Prefix) vclTrusted {
	return vclTrusted{p.Network.Addr().String(), p.Network.Bits(), p.Source}
}

// vclCount is a limit that varnishd counts itself, in C.
type vclCount struct {
	Header       string // the header that identifies a client; "" for the client's address
	Mark         string // the limit's number, as a C constant
	Every, Ahead int64  // nanoseconds
	Source       site.Source
}

// countsOn reports whether varnishd counts the requests of a route itself.
func (in Input) countsOn(r *site.Route) bool { return in.Standby && in.InC && r.Access.Counted() }

// vclCountOf is nil if varnishd does not count the route's requests itself.
func vclCountOf(in Input, r *site.Route, id string) *vclCount {
	if !in.countsOn(r) {
		return nil
	}
	l := r.Access.Limit
	return &vclCount{l.Header, fmt.Sprintf("%#016x", l.Mark(id)), l.Every().Nanoseconds(), int64(l.Burst) * l.Every().Nanoseconds(), l.Source}
}

// counts reports whether varnishd counts requests itself on any route.
func (in Input) counts() bool {
	return slices.ContainsFunc(in.Edge.Sites, func(s site.Site) bool {
		return slices.ContainsFunc(s.Routes, func(r site.Route) bool { return in.countsOn(&r) })
	})
}

// watches reports whether the VCL has the filter of whole.c.tmpl, which keeps a body that
// breaks off from looking complete.
func (in Input) watches() bool { return in.Standby && in.Filters }

// softens reports whether the VCL makes softly purged responses stale.
func (in Input) softens() bool { return in.Standby && in.InC && in.Edge.KeepsStale() }

// vclBrought is a request header that edgegen's answer at the gate sets, such as one of
// forward_auth's copy_headers.
type vclBrought struct {
	Name      string
	Spellings []string // the spellings that a client could forge it by
}

// LetIn reports whether something remains to be done for a request that the gate has let in.
func (r vclRoute) LetIn() bool { return r.WebSocketApp != "" || !r.RequestHeaders.Empty() }

// BringsSource is the line of the HCL that asks for Brings.
func (r vclRoute) BringsSource() site.Source {
	if f := r.Access.Forward; f != nil && len(f.CopyHeaders) > 0 {
		return f.Source
	}
	return r.Access.Certified.Source
}

// gate notes a route whose access edgegen decides.
func (v *vclData) gate(route vclRoute) {
	if !route.Access.Gated() {
		return
	}
	if !v.Gated {
		v.Gated, v.GatedSource = true, route.Access.Source()
	}
	for _, name := range route.Access.Brings() {
		route.Brings = append(route.Brings, vclBrought{name, spellings(name)})
	}
	v.Gates = append(v.Gates, route)
}
