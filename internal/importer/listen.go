package importer

import (
	"net"
	"net/netip"
	"slices"
	"strings"

	"edgegen/internal/hcltext"
)

// listenAt has the edge listen at an address. One of every address has the others of its
// port along.
func listenAt(edge *block, name, address string, from ...*Line) {
	host, port, err := net.SplitHostPort(address)
	if a := edge.argument(name); a != nil && err == nil {
		all := listed(a.value)
		if host != "" && slices.Contains(all, ":"+port) {
			intoAll(from, edge.place()+name)
			rightAll(from, "every address of the machine is listened on at that port")
			return
		}
		if host == "" {
			a.value = hcltext.List(slices.DeleteFunc(all, func(one string) bool { return strings.HasSuffix(one, ":"+port) && one != address }))
		}
	}
	edge.addTo(name, []string{address}, from...)
}

// networkOf is a network, or a single address as one; the zero Prefix of another text.
func networkOf(text string) netip.Prefix {
	if address, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(address, address.BitLen())
	}
	network, _ := netip.ParsePrefix(text)
	return network
}

// distinct leaves out networks that others of the list hold.
func distinct(networks []string) (left []string) {
	var taken []netip.Prefix
	for _, text := range networks {
		if network := networkOf(text); network.IsValid() {
			if slices.ContainsFunc(taken, func(one netip.Prefix) bool { return one.Bits() <= network.Bits() && one.Contains(network.Addr()) }) {
				continue
			}
			taken = append(taken, network)
		}
		left = append(left, text)
	}
	return left
}
