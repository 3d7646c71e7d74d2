package acme

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"edgegen/internal/certificate"
	"edgegen/test/ca"
	"edgegen/test/dns"
)

const clockTurns = 3 // renewals

// C2, C3, C4: by a clock that the test has, many sites get their certificates and are
// renewed three times, by an authority of whose answers every fifth is an error, and
// that is away when the second renewals begin. Every certificate is followed by another
// before it ends, and no order is made but those that it takes.
func TestC2Clock(t *testing.T) {
	const hour = time.Hour
	for _, c := range []struct {
		name             string
		sites            int
		life, from, away time.Duration
	}{
		{"days", 50, 144 * hour, 72 * hour, 20 * hour},
		// Pebble suggests to renew these at any time of their life, up to the end.
		{"hours", 20, 30 * hour, 25*hour + hour/4, 5*hour - hour/8},
	} {
		t.Run(c.name, func(t *testing.T) {
			names := dns.Start(t)
			var manager *Manager
			answers := answersOf(t, &manager)
			var orders []Order
			for i := range c.sites {
				name := fmt.Sprintf("s%d.example", i)
				names.Set(name, "127.0.0.1")
				orders = append(orders, Order{Site: name, Names: []string{name, "www." + name}, ByHTTP: true})
				names.Set("www."+name, "127.0.0.1")
			}
			authority := ca.Start(t, ca.Options{Resolver: names.Address, HTTPPort: portOf(t, answers.Listener.Addr()), Lifetime: c.life, Refuse: 5})
			bad := &badDays{RoundTripper: authority.Transport(t), tried: map[uint64]uint64{}, inRow: map[uint64]uint64{}}
			store, begin := Store{t.TempDir()}, time.Now().Round(0).Add(-10*c.life)
			synctest.Test(t, func(t *testing.T) {
				// The clock of a bubble begins in 2000, and Pebble's looks at names are good for
				// an hour of the real one: this one stays behind that.
				time.Sleep(time.Until(begin))
				s := &served{last: map[string]certificate.Pair{}, counts: map[string]int{}}
				manager = New(Options{Store: store, Log: slog.New(slog.DiscardHandler), UserAgent: "edgegen/test", Transport: bad, Serve: s.serve})
				defer manager.Close()
				manager.Use(Authority{Directory: authority.Directory}, orders)
				s.until(t, manager, c.sites, 1, time.Hour)
				bad.away(time.Now().Add(c.from), time.Now().Add(c.from+c.away))
				s.until(t, manager, c.sites, 1+clockTurns, 4*c.life)
				for _, problem := range s.problems {
					t.Error(problem)
				}
				want := 0
				for _, count := range s.counts {
					want += count
				}
				if bad.refused == 0 || bad.failed*5 < bad.asked-bad.refused {
					t.Errorf("%d of %d requests failed, and %d while the authority was away", bad.failed, bad.asked, bad.refused)
				}
				t.Logf("%d requests, of which %d failed, and %d more while the authority was away for %v; %d orders in %v", bad.asked, bad.failed, bad.refused, c.away, authority.Orders(), time.Since(begin))
				if authority.Orders() != want || authority.Given() != want {
					t.Errorf("%d orders and %d certificates, want %d of both", authority.Orders(), authority.Given(), want)
				}
			})
		})
	}
}

// served is what has been served, by site.
type served struct {
	mu       sync.Mutex
	last     map[string]certificate.Pair
	counts   map[string]int
	problems []string
}

func (s *served) serve(_ context.Context, site string, pair certificate.Pair) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before, ok := s.last[site]; ok && time.Now().After(before.Leaf.NotAfter) {
		s.problems = append(s.problems, fmt.Sprintf("%s: it ended on %v, and the next one came on %v", site, before.Leaf.NotAfter, time.Now()))
	}
	s.last[site] = pair
	s.counts[site]++
	return nil
}

// until waits until every site has had so many.
func (s *served) until(t *testing.T, manager *Manager, sites, count int, limit time.Duration) {
	t.Helper()
	for deadline := time.Now().Add(limit); ; time.Sleep(time.Minute) {
		s.mu.Lock()
		done := 0
		for _, had := range s.counts {
			if had >= count {
				done++
			}
		}
		s.mu.Unlock()
		if done == sites {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after %v %d of %d sites have had %d certificates: %+v", limit, done, sites, count, manager.Status())
		}
	}
}

// badDays has more than every fifth request fail, before the authority has heard of it and never
// three times in a row, and all of them for a while.
type badDays struct {
	http.RoundTripper
	mu                     sync.Mutex
	tried, inRow           map[uint64]uint64
	from, to               time.Time
	asked, failed, refused int
}

func (b *badDays) away(from, to time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.from, b.to = from, to
}

func (b *badDays) RoundTrip(request *http.Request) (*http.Response, error) {
	switch id, fails, gone := b.judge(request); {
	case gone:
		return nil, errors.New("connection refused")
	case fails && id%2 == 0:
		return nil, io.ErrUnexpectedEOF
	case fails:
		return &http.Response{StatusCode: http.StatusInternalServerError, Header: http.Header{"Content-Type": {"text/html"}}, Body: http.NoBody, Request: request}, nil
	}
	return b.RoundTripper.RoundTrip(request)
}

// judge decides about a request by what it asks, so that each run is like the other.
func (b *badDays) judge(request *http.Request) (id uint64, fails, gone bool) {
	sum := fnv.New64a()
	fmt.Fprint(sum, request.URL)
	if request.GetBody != nil {
		if body, err := request.GetBody(); err == nil {
			_, _ = io.Copy(sum, body) // a hash takes everything
		}
	}
	id = sum.Sum64()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked++
	if strings.HasSuffix(request.URL.Path, "/dir") {
		return id, false, false // acmez holds a lock until it has that, and a fake clock stands still for who waits for one
	}
	b.tried[id]++
	if now := time.Now(); now.After(b.from) && now.Before(b.to) {
		b.refused++
		return id, false, true
	}
	fmt.Fprint(sum, b.tried[id])
	if fails = (sum.Sum64()>>20)%4 == 0 && b.inRow[id] < 2; !fails {
		b.inRow[id] = 0
		return id, false, false
	}
	b.inRow[id]++
	b.failed++
	return id, true, false
}
