package acme

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"edgegen/internal/wait"

	"github.com/mholt/acmez/v3/acme"
)

// Hook is a command that writes into the DNS. It is called as lego calls one:
// with "present" or "cleanup", the name of a TXT record, and its value.
type Hook struct {
	Command []string // empty for none
	Dir     string   // that it runs in
}

const (
	// hookTime bounds one call of a hook.
	hookTime = 2 * time.Minute
	// cleanTime bounds one that cleans up, for which a stop waits.
	cleanTime = 30 * time.Second
	// seenTime is for Options.Seen, and seenPause between two looks.
	seenTime  = time.Minute
	seenPause = 2 * time.Second
)

// byDNS answers in the DNS.
type byDNS struct {
	Hook
	seen   time.Duration
	run    func(context.Context, Hook, ...string) error
	lookup func(ctx context.Context, name string) ([]string, error)
}

func (d byDNS) Present(ctx context.Context, asked acme.Challenge) error {
	ctx, cancel := context.WithTimeout(ctx, hookTime)
	defer cancel()
	return d.call(ctx, "present", asked)
}

// Wait is called before the authority is told to look.
func (d byDNS) Wait(ctx context.Context, asked acme.Challenge) error {
	seen, cancel := context.WithTimeout(ctx, cmp.Or(d.seen, seenTime))
	defer cancel()
	for {
		values, err := d.lookup(seen, record(asked))
		if err == nil && slices.Contains(values, asked.DNS01KeyAuthorization()) {
			return nil
		}
		if !wait.For(seen, seenPause) {
			return ctx.Err()
		}
	}
}

// CleanUp is called whatever has become of the order, also where that is given up.
func (d byDNS) CleanUp(ctx context.Context, asked acme.Challenge) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanTime)
	defer cancel()
	return d.call(ctx, "cleanup", asked)
}

func (d byDNS) call(ctx context.Context, what string, asked acme.Challenge) error {
	if err := d.run(ctx, d.Hook, what, record(asked), asked.DNS01KeyAuthorization()); err != nil {
		return &hookError{what, record(asked), err}
	}
	return nil
}

// record is the whole name of the TXT record.
func record(asked acme.Challenge) string {
	return strings.TrimSuffix(asked.DNS01TXTRecordName(), ".") + "."
}

// hookError is about a hook that does not do its work.
type hookError struct {
	what, record string
	error
}

func (h *hookError) Error() string {
	return fmt.Sprintf("`dns_hook` fails to %s %s: %v", h.what, h.record, h.error)
}

func (h *hookError) Unwrap() error { return h.error }

// textsOf asks name servers, in turn, for TXT records; those of the machine where none
// is named.
func textsOf(servers []netip.AddrPort) func(context.Context, string) ([]string, error) {
	resolver, turn := &net.Resolver{PreferGo: true}, 0
	if len(servers) > 0 {
		resolver.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			server := servers[turn%len(servers)]
			turn++
			return new(net.Dialer).DialContext(ctx, network, server.String())
		}
	}
	return resolver.LookupTXT
}
