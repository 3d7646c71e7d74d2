package acme

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"edgegen/test/ca"
)

// zone is what a hook has written.
type zone struct {
	mu      sync.Mutex
	records map[string][]string
	calls   []string
	fails   error
	writes  bool // else it says that it has, and does not
}

func (z *zone) run(_ context.Context, hook Hook, arguments ...string) error {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.calls = append(z.calls, strings.Join(append(hook.Command, arguments[:2]...), " "))
	name, value := arguments[1], arguments[2]
	switch {
	case z.fails != nil:
		return z.fails
	case arguments[0] == "present" && z.writes:
		z.records[name] = append(z.records[name], value)
	case arguments[0] == "cleanup":
		z.records[name] = slices.DeleteFunc(z.records[name], func(had string) bool { return had == value })
	}
	return nil
}

func (z *zone) texts(name string) []string {
	z.mu.Lock()
	defer z.mu.Unlock()
	return slices.Clone(z.records[name])
}

// inDNS is a bench whose authority looks into a zone, and an order that is written
// there.
func inDNS(t *testing.T, o ca.Options) (*bench, *zone, []Order) {
	b := newBench(t, o)
	z := &zone{records: map[string][]string{}, writes: true}
	b.names.Texts(z.texts)
	b.manager.options.Run = z.run
	return b, z, []Order{{Site: "shop.example", Names: []string{"shop.example", "*.shop.example", "www.shop.example"},
		ByHTTP: true, ByDNS: Hook{Command: []string{"hook"}}, Resolvers: []netip.AddrPort{netip.MustParseAddrPort(b.names.Address)}}}
}

// C8: names are written into the DNS, a wildcard beside its own name among them, and
// nothing of that stays.
func TestC8Hook(t *testing.T) {
	b, z, orders := inDNS(t, ca.Options{})
	b.manager.Use(b.from(), orders)
	pair := b.next()
	for _, name := range []string{"shop.example", "any.shop.example", "www.shop.example"} {
		if err := pair.Leaf.VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	slices.Sort(z.calls)
	one, two := " _acme-challenge.shop.example.", " _acme-challenge.www.shop.example."
	want := []string{"hook cleanup" + one, "hook cleanup" + one, "hook cleanup" + two, "hook present" + one, "hook present" + one, "hook present" + two}
	if !slices.Equal(z.calls, want) {
		t.Errorf("calls %q", z.calls)
	}
	for name, left := range z.records {
		if len(left) > 0 {
			t.Errorf("%s keeps %q", name, left)
		}
	}
}

// C3, C8: a hook that does not do its work is an error that says so.
func TestC8Failing(t *testing.T) {
	b, z, orders := inDNS(t, ca.Options{})
	z.fails = errors.New("it exited with status 1")
	b.manager.Use(b.from(), orders)
	if s := b.until(func(s Status) bool { return s.Failure != "" }); s.Failure != "`dns_hook` fails to present _acme-challenge.shop.example.: it exited with status 1" &&
		s.Failure != "`dns_hook` fails to present _acme-challenge.www.shop.example.: it exited with status 1" {
		t.Errorf("says %q", s.Failure)
	}
}

// C8: where no name server tells of the record, the authority is asked all the same,
// and its answer told.
func TestC8NotWritten(t *testing.T) {
	b, z, orders := inDNS(t, ca.Options{})
	z.writes = false
	b.manager.options.Seen = 10 * time.Millisecond
	b.manager.Use(b.from(), orders)
	if s := b.until(func(s Status) bool { return s.Failure != "" }); !strings.Contains(s.Failure, "does not find in the DNS what `dns_hook` has written for") {
		t.Errorf("says %q", s.Failure)
	}
}
