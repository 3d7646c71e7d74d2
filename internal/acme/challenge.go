package acme

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/mholt/acmez/v3"
	"github.com/mholt/acmez/v3/acme"
)

// ChallengePath is below which an authority asks on plain HTTP (RFC 8555, 8.3).
const ChallengePath = "/.well-known/acme-challenge/"

// Challenges are what authorities may ask for at the moment. The zero value has
// none. Its methods may be called from any goroutine.
type Challenges struct {
	mu     sync.Mutex
	tokens map[string]string
	names  map[string]*tls.Certificate
}

// Answer returns what is to be answered to a GET of the target; false where no
// authority is to ask for that.
func (c *Challenges) Answer(target string) (text string, ok bool) {
	token, under := strings.CutPrefix(target, ChallengePath)
	if !under {
		return "", false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	text, ok = c.tokens[token]
	return text, ok
}

// Certificate returns what is to be shown to a client that asks for a name, and
// speaks acme-tls/1 alone (RFC 8737); nil where no authority is to ask for that.
func (c *Challenges) Certificate(name string) *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.names[strings.ToLower(name)]
}

// byHTTP answers on plain HTTP.
type byHTTP struct{ *Challenges }

func (c byHTTP) Present(_ context.Context, asked acme.Challenge) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tokens == nil {
		c.tokens = make(map[string]string)
	}
	c.tokens[asked.Token] = asked.KeyAuthorization
	return nil
}

func (c byHTTP) CleanUp(_ context.Context, asked acme.Challenge) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.tokens, asked.Token)
	return nil
}

// byTLS answers in a handshake.
type byTLS struct{ *Challenges }

func (c byTLS) Present(_ context.Context, asked acme.Challenge) error {
	shown, err := acmez.TLSALPN01ChallengeCert(asked)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.names == nil {
		c.names = make(map[string]*tls.Certificate)
	}
	c.names[asksFor(asked.Identifier)] = shown
	return nil
}

func (c byTLS) CleanUp(_ context.Context, asked acme.Challenge) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.names, asksFor(asked.Identifier))
	return nil
}

// asksFor is what an authority names in the handshake by which it looks at a name: for
// an address, its name in the DNS (RFC 8738, 6).
func asksFor(name acme.Identifier) string {
	address, err := netip.ParseAddr(name.Value)
	if err != nil {
		return strings.ToLower(name.Value)
	}
	digits, zone := strings.Split(address.String(), "."), "in-addr.arpa"
	if address.Is6() {
		digits, zone = strings.Split(hex.EncodeToString(address.AsSlice()), ""), "ip6.arpa"
	}
	slices.Reverse(digits)
	return strings.Join(append(digits, zone), ".")
}
