package config

import "edgegen/internal/site"

// readNetworks reads the networks that a route allows or denies. A list without any
// would let nobody in, or everybody, and neither is what its name says.
func readNetworks(b *block, a *argument, _ *site.Route) {
	networks := b.networks(a)
	if written, ok := b.texts(a); ok && len(written) == 0 && b.holds(a) {
		b.errorAt(b.placeOf(a), "name a network, or leave "+a.name+" out", "%s is empty", a.name)
	}
	*a.into(b.model).(*[]site.Prefix) = networks
}
