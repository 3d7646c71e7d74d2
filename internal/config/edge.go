package config

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"edgegen/internal/site"
)

// readUser reads a name as useradd takes it; whether the machine has such a
// user is for a later stage to see.
func readUser(b *block, a *argument, edge *site.Edge) {
	name, ok := b.text(a)
	if ok && !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,31}$`).MatchString(name.text) {
		b.errorAt(name.place, "write the name of a user of this machine, such as "+a.example, "%q is no user name", name.text)
	}
	edge.User = name.text
}

// readEdgeHealth reads a path that is compared as it is sent, so that it is
// written in the one way that every client has for it.
func readEdgeHealth(b *block, a *argument, edge *site.Edge) {
	path, ok := b.text(a)
	segments := strings.Split(path.text, "/")
	if ok && (len(path.text) < 2 || path.text[0] != '/' || strings.ContainsFunc(path.text, func(r rune) bool { return !isPathCharacter(r) }) ||
		slices.Contains(segments[1:], "") || slices.Contains(segments, ".") || slices.Contains(segments, "..")) {
		b.errorAt(path.place, "write a path such as "+a.example, "%s cannot be %q", a.name, path.text)
		return
	}
	edge.HealthPath = path.text
}

func readTrusted(b *block, a *argument, edge *site.Edge) {
	edge.Trusted = b.networks(a)
	b.doubtNetworks(a, edge.Trusted)
}

func readAnnounced(b *block, a *argument, edge *site.Edge) {
	edge.Announced = b.networks(a)
	b.doubtNetworks(a, edge.Announced)
}

// networks reads networks, and single addresses as networks of one.
func (b *block) networks(a *argument) (all []site.Prefix) {
	written, _ := b.texts(a)
	seen := map[netip.Prefix]hcl.Range{}
	for _, one := range written {
		network, err := netip.ParsePrefix(one.text)
		if address, single := netip.ParseAddr(one.text); single == nil && address.Zone() == "" {
			network, err = address.Unmap().Prefix(address.Unmap().BitLen())
		}
		if err != nil {
			b.errorAt(one.place, `write "10.0.0.0/8", "192.0.2.1" or "2001:db8::/32", say`, "%q is no IP address and no network", one.text)
			continue
		}
		if first, again := seen[network.Masked()]; again {
			b.errorAt(one.place, "keep one of them", "%s is listed twice: first at %s", network.Masked(), b.where(first))
			continue
		}
		seen[network.Masked()] = one.place
		if network != network.Masked() {
			b.warnAt(one.place, fmt.Sprintf("write %q, or the address alone", network.Masked()), "%s names a host within a network: all of %s counts", one.text, network.Masked())
		}
		all = append(all, site.Prefix{Network: network.Masked(), Source: b.sourceOf(one.place)})
	}
	slices.SortFunc(all, func(x, y site.Prefix) int {
		return cmp.Or(x.Network.Addr().Compare(y.Network.Addr()), cmp.Compare(x.Network.Bits(), y.Network.Bits()))
	})
	return all
}

// readEngine reads the engine of a tier. The message about an engine of another tier
// differs from the one about a word that is no engine.
func readEngine(b *block, a *argument, _ *site.Engines) {
	engine := b.engine(a)
	*a.into(b.model).(*site.Engine) = engine
}

func (b *block) engine(a *argument) site.Engine {
	value, ok := b.text(a)
	if !ok {
		return site.Auto
	}
	if slices.Contains(a.choices, value.text) {
		return site.Engine(value.text)
	}
	for i := range b.schema.arguments {
		if home := &b.schema.arguments[i]; slices.Contains(home.choices, value.text) {
			b.errorAt(value.place, a.name+" can be "+oneOf(a.choices), "%s cannot be the engine for %s: it serves the %s tier", value.text, a.name, home.name)
			return site.Auto
		}
	}
	b.errorAt(value.place, suggest(value.text, a.choices), "%s cannot be %q", a.name, value.text)
	return site.Auto
}

// readStoragePath reads the file of a cache that is stored in one; memory
// needs none.
func readStoragePath(b *block, a *argument, s *site.Storage) {
	path, ok := b.text(a)
	switch {
	case s.Type != "file":
	case ok:
		s.Path = b.fileToWrite(a.name, path)
	case !b.holds(a):
		b.lacks(a)
	}
}
