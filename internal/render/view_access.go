package render

import (
	"slices"
	"strings"

	"edgegen/internal/site"
)

// vclACL is a list of addresses by which a route lets clients in.
type vclACL struct {
	Name    string
	Refuses string // the operator by which an address is refused
	Entries []vclEntry
	Source  site.Source
}

type vclEntry struct {
	vclTrusted
	Not bool
}

// vclACLOf is of what comes in or, where only deny is written, of what does not. Of
// the entries of an acl that hold an address, Varnish takes the longest.
func vclACLOf(a *site.Access, route string) *vclACL {
	if !a.ByAddress() {
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
