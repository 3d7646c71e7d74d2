package acme

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"edgegen/internal/certificate"
	"edgegen/internal/vault"
)

// Authority is where certificates are asked for, and by which account.
type Authority struct {
	Directory string // the URL of its directory (RFC 8555, 7.1.1)
	Email     string // where it writes to; "" for none
	// KeyID and HMACKey bind the account to one that the authority knows already
	// (RFC 8555, 7.3.4); both "" for none. HMACKey is base64url.
	KeyID, HMACKey string
	// Roots are what its own certificate is verified with; nil for the machine's.
	Roots *x509.CertPool
	// RootsSum names Roots; "" for nil.
	RootsSum string
	// Profile is what it calls the certificates that are wanted; "" for its choice.
	Profile string
	// Vault is what the edges have in common that ask for the same certificates: one of
	// them does, and the others take what it gets. Nil for an edge of its own.
	Vault vault.Vault
}

// same reports whether what was wanted of b is looked after by whoever does so for a.
// Vaults are the same that are in the same place.
func (a Authority) same(b Authority) bool {
	if (a.Vault == nil) != (b.Vault == nil) || a.Vault != nil && a.Vault.String() != b.Vault.String() {
		return false
	}
	a.Roots, b.Roots, a.Vault, b.Vault = nil, nil, nil, nil
	return a == b
}

// Order is a certificate that is wanted.
type Order struct {
	Site  string   // that it is for, as the status calls it
	Names []string // all that it is to cover
	// ByHTTP and ByTLS say how the authority may find out that the names lead here:
	// by http-01 and tls-alpn-01. One of them is needed, or else ByDNS.
	ByHTTP, ByTLS bool
	// ByDNS writes what the authority finds in the DNS (dns-01), in place of both.
	ByDNS Hook
	// Resolvers are the name servers that have to tell of what ByDNS has written, in
	// turn; empty for those of the machine.
	Resolvers []netip.AddrPort
}

// key is the same for orders that ask for the same in the same way.
func (o Order) key() string {
	return fmt.Sprintf("%s %q %v %v %q %v", o.Site, sorted(o.Names), o.ByHTTP, o.ByTLS, o.ByDNS, o.Resolvers)
}

// Options say what a Manager works with.
type Options struct {
	Store Store
	Log   *slog.Logger
	// UserAgent names the program to authorities.
	UserAgent string
	// Serve is told that the store has another certificate for a site. It returns
	// when every handshake shows that; where it cannot, it is asked again.
	Serve func(ctx context.Context, site string, pair certificate.Pair) error
	// Run calls a hook with the arguments, and returns when that has ended well. It is
	// needed for orders that are ByDNS.
	Run func(ctx context.Context, hook Hook, arguments ...string) error
	// Seen is how long an order waits at most until a name server tells of what a hook
	// has written: the authority may see what this machine does not. Zero is a minute.
	Seen time.Duration
	// Transport carries what authorities are asked; nil for the network.
	Transport http.RoundTripper
	// Pause is between a failure and the next try, the first time; it doubles from
	// then on. Zero is a minute.
	Pause time.Duration
	// Look is how often it is looked whether another edge has got a certificate, where
	// there is a Vault. Zero is ten seconds.
	Look time.Duration
}

// Manager gets the certificates of an edge and renews them. Make one with New. Its
// methods may be called from any goroutine.
type Manager struct {
	Challenges
	options Options
	turns   turns         // of the orders
	asking  chan struct{} // has room for those who ask when to renew
	// registering has room for one token, whose holder may register the account: several
	// sites share an account.
	registering chan struct{}
	elsewhere   chan struct{} // has room for those who look into the vault for a challenge

	mu        sync.Mutex
	authority Authority
	unfollow  context.CancelFunc // ends what looks after the vault; nil where there is none
	wanted    map[string]*wanted // by Order.key
	life      context.Context    // of those that are looked after
	end       context.CancelFunc
	tasks     sync.WaitGroup
}

// New returns a Manager that wants nothing yet.
func New(o Options) *Manager {
	m := &Manager{options: o, turns: turns{free: atOnce}, asking: make(chan struct{}, atOnce), registering: make(chan struct{}, 1), elsewhere: make(chan struct{}, atOnce), wanted: make(map[string]*wanted)}
	m.life, m.end = context.WithCancel(context.Background())
	return m
}

// Use has the certificates of these orders be there from now on, and no others
// asked for. It returns at once.
func (m *Manager) Use(from Authority, orders []Order) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.life.Err() != nil {
		return
	}
	kept := make(map[string]*wanted)
	for _, o := range orders {
		key := o.key()
		if w := m.wanted[key]; w != nil && m.authority.same(from) {
			kept[key] = w
			delete(m.wanted, key)
			continue
		}
		w := &wanted{Order: o, manager: m, authority: from, news: make(chan struct{}, 1)}
		ctx, stop := context.WithCancel(m.life)
		w.stop = stop
		kept[key] = w
		m.tasks.Go(func() { w.look(ctx) })
	}
	for _, w := range m.wanted {
		w.stop()
	}
	if !m.authority.same(from) {
		m.follow(from)
	}
	m.authority, m.wanted = from, kept
}

// Close ends what is under way, and waits for that. Orders that have begun are
// given up.
func (m *Manager) Close() {
	m.mu.Lock()
	m.end()
	m.mu.Unlock()
	m.tasks.Wait()
}

// Status tells how a site's certificate is doing.
type Status struct {
	Site    string
	Renewal time.Time // when another one will be asked for; the zero time while there is none
	Failure string    // what went wrong last, and what to do; "" where nothing did
	Next    time.Time // when it is tried again; the zero time without a Failure
}

// Status returns one for each order that is in use, by the site's name.
func (m *Manager) Status() map[string]Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make(map[string]Status)
	for _, w := range m.wanted {
		all[w.Site] = w.status()
	}
	return all
}
