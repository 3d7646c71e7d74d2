package sitetls

import (
	"crypto/tls"
	"sync/atomic"
	"time"

	"edgegen/internal/tickets"
)

// sealed is what seals tickets in one period.
type sealed struct {
	*tls.Config
	period int64
}

// sealing returns a function that returns the configuration to seal tickets with now. That
// is own, or if several edges have a secret in common, one with keys that are derived from
// the secret and the time.
func sealing(secret string, own *tls.Config) func() *tls.Config {
	if secret == "" {
		return func() *tls.Config { return own }
	}
	var last atomic.Pointer[sealed]
	return func() *tls.Config {
		now := time.Now()
		if s := last.Load(); s != nil && s.period == tickets.Number(now) {
			return s.Config
		}
		s := &sealed{&tls.Config{}, tickets.Number(now)}
		var keys [][32]byte
		for _, key := range tickets.Keys(secret, "builtin", 32, now) {
			keys = append(keys, [32]byte(key))
		}
		s.SetSessionTicketKeys(keys)
		last.Store(s) // several may; they are the same
		return s.Config
	}
}
