package acme

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"edgegen/internal/certificate"
	"edgegen/test/ca"
	"edgegen/test/dns"
)

// C2: one that nothing serves is tried to be served again and again, and in the end
// another one in its place: it would have ended itself.
func TestC2NeverServed(t *testing.T) {
	const life = 6 * day
	names := dns.Start(t)
	names.Set("shop.example", "127.0.0.1")
	var manager *Manager
	answers := answersOf(t, &manager)
	authority := ca.Start(t, ca.Options{Resolver: names.Address, HTTPPort: portOf(t, answers.Listener.Addr()), Lifetime: life})
	carried, store, begin := authority.Transport(t), Store{t.TempDir()}, time.Now().Round(0).Add(-10*life)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(begin)) // as TestC2Clock does
		broken := time.Now().Add(life - day)
		var last time.Time
		var longest time.Duration
		served := make(chan certificate.Pair, 8)
		manager = New(Options{Store: store, Log: slog.New(slog.DiscardHandler), Transport: carried,
			Serve: func(_ context.Context, _ string, pair certificate.Pair) error {
				if !last.IsZero() {
					longest = max(longest, time.Since(last))
				}
				last = time.Now()
				if last.Before(broken) {
					return errors.New("the disk is full")
				}
				served <- pair
				return nil
			}})
		defer manager.Close()
		manager.Use(Authority{Directory: authority.Directory}, shop)
		pair := <-served
		if orders := authority.Orders(); orders != 2 || time.Until(pair.Leaf.NotAfter) < life/2 || longest > 2*longestServePause {
			t.Errorf("%d orders, and what is served ends in %v; the longest pause was %v", orders, time.Until(pair.Leaf.NotAfter), longest)
		}
	})
}
