package site

import (
	"net/netip"
	"testing"
)

// TestA1Admits holds that the longest network decides, and then deny.
func TestA1Admits(t *testing.T) {
	networks := func(all ...string) (out []Prefix) {
		for i, one := range all {
			out = append(out, Prefix{Network: netip.MustParsePrefix(one), Source: Source{File: one, Line: i + 1}})
		}
		return out
	}
	for _, test := range []struct {
		name        string
		allow, deny []Prefix
		address     string
		admits      bool
		decisive    string // the network; "" for none
	}{
		{"no rule", nil, nil, "10.0.0.1", true, ""},
		{"allowed", networks("10.0.0.0/8"), nil, "10.0.0.1", true, "10.0.0.0/8"},
		{"in no list that allows", networks("10.0.0.0/8"), nil, "11.0.0.1", false, ""},
		{"denied", nil, networks("10.0.0.0/8"), "10.0.0.1", false, "10.0.0.0/8"},
		{"in no list that denies", nil, networks("10.0.0.0/8"), "11.0.0.1", true, ""},
		{"denied within what is allowed", networks("10.0.0.0/8"), networks("10.1.0.0/16"), "10.1.0.1", false, "10.1.0.0/16"},
		{"allowed within that", networks("10.0.0.0/8", "10.1.2.0/24"), networks("10.1.0.0/16"), "10.1.2.1", true, "10.1.2.0/24"},
		{"in both", networks("10.0.0.0/8"), networks("10.0.0.0/8"), "10.0.0.1", false, "10.0.0.0/8"},
		{"in neither of both", networks("10.0.0.0/8"), networks("11.0.0.0/8"), "12.0.0.1", false, ""},
		{"everybody but one", networks("0.0.0.0/0", "::/0"), networks("10.0.0.1/32"), "10.0.0.1", false, "10.0.0.1/32"},
		{"IPv6", networks("2001:db8::/32"), nil, "2001:db8::1", true, "2001:db8::/32"},
		{"IPv6 in no list", networks("0.0.0.0/0"), nil, "2001:db8::1", false, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := Access{Allow: test.allow, Deny: test.deny}
			address := netip.MustParseAddr(test.address)
			if got := a.Admits(address); got != test.admits {
				t.Errorf("admits is %t", got)
			}
			if got := a.Decisive(address).File; got != test.decisive {
				t.Errorf("%q decides, want %q", got, test.decisive)
			}
		})
	}
}
