package config

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"edgegen/internal/site"
)

// edge decodes the edge block.
func (b *block) edge() *site.Edge {
	edge := &site.Edge{Trusted: b.trusted()}
	edge.User, edge.UserSource = b.user()
	edge.HTTP, edge.HTTPS = b.listeners()
	edge.Engine = b.one("engine").engines()
	edge.Storage = b.one("cache_storage").storage()
	edge.Limits = b.one("limits").limits()
	edge.Timeout = b.one("timeouts").timeouts()
	edge.Log = b.one("log").log()
	return edge
}

// user is a name as useradd takes it; whether the machine has such a user is
// for a later stage to see.
func (b *block) user() (string, site.Source) {
	name, ok := b.text("user")
	if !ok {
		return "", site.Source{}
	}
	if !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,31}$`).MatchString(name.text) {
		b.errorAt(name.place, `write the name of a user of this machine, such as "www-data"`, "%q is no user name", name.text)
	}
	return name.text, b.sourceOf(name.place)
}

// trusted decodes trusted_proxies: networks, and single addresses as networks
// of one.
func (b *block) trusted() []site.Prefix {
	written, _ := b.texts("trusted_proxies")
	var trusted []site.Prefix
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
			b.warnAt(one.place, fmt.Sprintf("write %q, or the address alone", network.Masked()), "%s names a host within a network: all of %s is trusted", one.text, network.Masked())
		}
		trusted = append(trusted, site.Prefix{Network: network.Masked(), Source: b.sourceOf(one.place)})
	}
	slices.SortFunc(trusted, func(x, y site.Prefix) int {
		return cmp.Or(x.Network.Addr().Compare(y.Network.Addr()), cmp.Compare(x.Network.Bits(), y.Network.Bits()))
	})
	return trusted
}

// engines decodes the engine block; "auto" is the default of each tier.
func (b *block) engines() site.Engines {
	return site.Engines{
		TLS:    b.engine("tls", site.Stunnel),
		Cache:  b.engine("cache", site.Varnish),
		Web:    b.engine("web", site.Nginx),
		Source: b.source(),
	}
}

func (b *block) engine(tier string, daemon site.Engine) site.Engine {
	value, ok := b.text(tier)
	if !ok {
		return site.Auto
	}
	choices := []string{string(site.Auto), string(daemon), string(site.Builtin)}
	homes := map[string]string{"stunnel": "tls", "varnish": "cache", "nginx": "web"}
	engine := site.Engine(value.text)
	switch home, elsewhere := homes[value.text]; {
	case slices.Contains(choices, value.text):
		return engine
	case elsewhere:
		b.errorAt(value.place, tier+" can be "+oneOf(choices), "%s cannot be the engine for %s: it serves the %s tier", value.text, tier, home)
	default:
		b.errorAt(value.place, suggest(value.text, choices), "%s cannot be %q", tier, value.text)
	}
	return site.Auto
}

// storage decodes cache_storage: 256MiB of memory by default, at least 1MiB
// and at most 16TiB. The path is for a file, and ignored for memory.
func (b *block) storage() site.Storage {
	s := site.Storage{Type: b.choice("type", "memory", "memory", "file"), Source: b.source()}
	s.Size = b.size("size", 256*mebibyte, mebibyte, 16*tebibyte)
	path, ok := b.text("path")
	switch {
	case s.Type == "file" && ok:
		s.Path = b.fileToWrite("path", path)
	case s.Type == "file" && !b.has("path"):
		b.required("path", `"cache.bin"`)
	}
	return s
}
