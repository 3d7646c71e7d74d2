package control

import (
	"slices"

	"edgegen/internal/generation"
)

// warnSpare tells of listeners that a service manager has passed and the site
// does not name: they stay the manager's, and nobody takes their connections.
func (e *Edge) warnSpare(before []*generation.Listener) {
	for _, l := range e.spare {
		if !slices.Contains(before, l) {
			e.options.Log.Warn("the service manager listens on an address that the site does not name: whoever connects there waits for an answer in vain", "address", l.Address)
		}
	}
}
