package backends

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"time"

	"edgegen/internal/site"
)

// address is where an endpoint is. First and second are the addresses of a name
// whose app listens at one of them; else they are empty.
type address struct{ network, at, first, second string }

// member is an endpoint of a backend, as long as its address stands.
type member struct {
	address
	server int // its place in Servers
	secure *tls.Config
	check  *check // nil where nobody asks
	since  time.Time
}

// Endpoint is one address of a backend at a time.
type Endpoint struct {
	Server         int // the place in the backend's Servers of the one that it is of
	Network        string
	Address        string // "host:port", or the path of a Unix socket
	First, Second  string // the addresses of "localhost", at one of which it is; else ""
	Secure         *tls.Config
	Token          string // names it without telling its address
	Weight         int
	Backup         bool
	MaxConnections int
	State          State
	Since          time.Time // of the state
	Reason         string    // why it is unwell
}

// arrange makes the members of a backend from the addresses that its names stand for now.
// Those that stay keep their checks.
func (p *Plan) arrange(b *backend) {
	before := b.members
	b.members = nil
	for i, server := range b.Servers {
		for _, at := range b.addresses(server) {
			if b.has(at, b.secure[i]) {
				continue // another name stands for it too
			}
			m := &member{address: at, server: i, secure: b.secure[i], since: time.Now()}
			for _, old := range before {
				if old.address == at && old.server == i {
					m.since = old.since
				}
			}
			if b.Health != nil && p.used {
				m.check = p.checked(b, m)
			}
			b.members = append(b.members, m)
		}
	}
	for _, old := range before { // after those that stay have been counted again
		p.watch.unneeded(old.check)
	}
}

func (b *backend) has(at address, secure *tls.Config) bool {
	return slices.ContainsFunc(b.members, func(m *member) bool { return m.address == at && m.secure == secure })
}

// addresses are where a server listens, as far as that is known.
func (b *backend) addresses(server site.Server) []address {
	network, at := server.Address()
	if n := b.names[server.Host]; n != nil && server.Named() {
		var all []address
		for _, found := range n.addresses {
			all = append(all, address{network: network, at: net.JoinHostPort(found.String(), strconv.Itoa(int(server.Port)))})
		}
		return all
	}
	one := address{network: network, at: at}
	if both := server.Addresses(); len(both) > 1 {
		one.first, one.second = both[0], both[1]
	}
	return []address{one}
}

// checked has an endpoint asked for the plan.
func (p *Plan) checked(b *backend, m *member) *check {
	w, h := p.watch, b.Health
	key := checkKey{address: m.address, secure: m.secure, host: cmp.Or(b.Host, b.host), path: h.Path, good: fmt.Sprint(h.Status),
		interval: h.Interval, timeout: h.Timeout, up: h.HealthyAfter, down: h.UnhealthyAfter}
	app := b.FastCGI
	if app != nil {
		key.fastcgi = fmt.Sprintf("%q %q %q", app.Root, app.Index, app.Params)
	}
	c := w.checks[key]
	if c == nil {
		c = &check{checkKey: key, health: h, state: Waiting, since: time.Now()}
		if app != nil {
			c.script = func(conn io.ReadWriter) (int, error) { return w.options.FastCGI(conn, app, key.host, key.path) }
		}
		w.checks[key] = c
		c.stop = w.task(func(ctx context.Context) { w.attend(ctx, c) })
	}
	c.needed++
	return c
}

// endpoints are the backend's members, as they are told.
func (b *backend) endpoints() []Endpoint {
	var all []Endpoint
	for _, m := range b.members {
		server := b.Servers[m.server]
		e := Endpoint{Server: m.server, Network: m.network, Address: m.at, First: m.first, Second: m.second, Secure: m.secure,
			Weight: server.Weight, Backup: server.Backup, MaxConnections: server.MaxConnections, State: Unchecked, Since: m.since}
		if b.Sticky != nil {
			e.Token = token(b.secret, m.address)
		}
		if c := m.check; c != nil {
			e.State, e.Since, e.Reason = c.state, c.since, c.reason
		}
		all = append(all, e)
	}
	return all
}

// token is a name of an address that tells nothing to those who do not know the secret.
func token(secret []byte, of address) string {
	sum := hmac.New(sha256.New, secret)
	fmt.Fprintf(sum, "%s %s", of.network, of.at)
	return hex.EncodeToString(sum.Sum(nil)[:16])
}
