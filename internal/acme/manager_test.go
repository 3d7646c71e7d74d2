package acme

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mholt/acmez/v3"
	"github.com/mholt/acmez/v3/acme"

	"edgegen/internal/certificate"
	"edgegen/test/ca"
	"edgegen/test/dns"
)

// bench is a Manager between an authority and a name that leads to it.
type bench struct {
	*testing.T
	authority *ca.Server
	names     *dns.Server
	store     Store
	manager   *Manager
	served    chan certificate.Pair
	answers   *httptest.Server // on plain HTTP
	refuse    chan error       // what Serve says next, before it takes one
}

func newBench(t *testing.T, o ca.Options) *bench {
	t.Helper()
	b := &bench{T: t, names: dns.Start(t), store: Store{filepath.Join(t.TempDir(), "acme")}, served: make(chan certificate.Pair, 8), refuse: make(chan error, 8)}
	b.answers = answersOf(t, &b.manager)
	o.Resolver, o.HTTPPort = b.names.Address, portOf(t, b.answers.Listener.Addr())
	b.authority = ca.Start(t, o)
	b.names.Set("shop.example", "127.0.0.1")
	b.start()
	return b
}

// answersOf is what an authority asks, which a manager tells what to say.
func answersOf(t *testing.T, manager **Manager) *httptest.Server {
	t.Helper()
	answers := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := (*manager).Answer(r.URL.Path)
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, text) // whoever asked sees it
	}))
	t.Cleanup(answers.Close)
	return answers
}

func portOf(t *testing.T, a net.Addr) int {
	t.Helper()
	_, port, err := net.SplitHostPort(a.String())
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// start makes a Manager, as a process that begins does.
func (b *bench) start() {
	b.manager = New(Options{Store: b.store, Log: slog.New(slog.DiscardHandler), UserAgent: "edgegen/test", Pause: 20 * time.Millisecond,
		Serve: func(_ context.Context, _ string, pair certificate.Pair) error {
			select {
			case err := <-b.refuse:
				return err
			default:
				b.served <- pair
				return nil
			}
		}})
	b.Cleanup(b.manager.Close)
}

func (b *bench) from() Authority {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(b.authority.Root))
	return Authority{Directory: b.authority.Directory, Email: "ops@shop.example", Roots: pool}
}

var shop = []Order{{Site: "shop.example", Names: []string{"shop.example"}, ByHTTP: true}}

const patience = time.Minute

func (b *bench) next() certificate.Pair {
	b.Helper()
	select {
	case pair := <-b.served:
		return pair
	case <-time.After(patience):
		b.Fatalf("no certificate comes: %+v", b.manager.Status())
	}
	return certificate.Pair{}
}

// until waits until the status of the site holds something.
func (b *bench) until(holds func(Status) bool) Status {
	b.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		s := b.manager.Status()["shop.example"]
		if holds(s) {
			return s
		}
		if time.Now().After(deadline) {
			b.Fatalf("status stays %+v", s)
		}
	}
}

// C1, C4: a certificate is got, kept, and not asked for again by who comes after.
func TestC1First(t *testing.T) {
	b := newBench(t, ca.Options{})
	b.manager.Use(b.from(), shop)
	pair := b.next()
	if err := pair.Leaf.VerifyHostname("shop.example"); err != nil {
		t.Error(err)
	}
	if len(pair.Chain) < 2 {
		t.Error("what signed it is not in the chain")
	}
	s := b.until(func(s Status) bool { return !s.Renewal.IsZero() })
	if left := time.Until(s.Renewal); left < 24*time.Hour || s.Failure != "" {
		t.Errorf("status %+v", s)
	}
	b.manager.Close()
	b.start()
	b.manager.Use(b.from(), shop)
	b.until(func(s Status) bool { return !s.Renewal.IsZero() })
	if n := b.authority.Orders(); n != 1 {
		t.Errorf("%d orders", n)
	}
	kept, ok := b.store.Pair(b.authority.Directory, shop[0].Names, time.Now())
	if !ok || !kept.Leaf.Equal(pair.Leaf) {
		t.Error("another certificate is kept")
	}
}

// C4, X2: what is kept is its owner's alone.
func TestC4Modes(t *testing.T) {
	b := newBench(t, ca.Options{})
	b.manager.Use(b.from(), shop)
	b.next()
	files := 0
	err := filepath.Walk(b.store.Dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %v", path, info.Mode())
		}
		if err == nil && !info.IsDir() {
			files++
		}
		return err
	})
	if err != nil || files != 3 {
		t.Errorf("%d files, %v; want a key, an account and a certificate", files, err)
	}
}

// C4: what the authority has been asked for to the end is got of it later, also by who
// comes after, and not ordered again; and it is not taken for its own renewal.
func TestC4Resumed(t *testing.T) {
	for _, part := range []string{"finalize-order", "certZ"} {
		t.Run(part, func(t *testing.T) {
			b := newBench(t, ca.Options{Lifetime: 8 * time.Second})
			b.authority.Lose(part)
			b.manager.Use(b.from(), shop)
			b.until(func(s Status) bool { return s.Failure != "" })
			b.manager.Close()
			b.authority.Lose("")
			b.start()
			b.manager.Use(b.from(), shop)
			first := b.next()
			if orders, given := b.authority.Orders(), b.authority.Given(); orders != 1 || given != 1 {
				t.Errorf("%d orders, %d given", orders, given)
			}
			if _, left, err := (records{b.store, b.authority.Directory}).pending(t.Context(), shop[0].Names); left || err != nil {
				t.Errorf("an order is left: %v, %v", left, err)
			}
			if second := b.next(); second.Leaf.Equal(first.Leaf) {
				t.Error("the renewal is the same")
			}
		})
	}
}

// C2: one that ends soon is renewed before, with another key.
func TestC2Renewal(t *testing.T) {
	b := newBench(t, ca.Options{Lifetime: 6 * time.Second})
	b.manager.Use(b.from(), shop)
	first := b.next()
	second := b.next()
	if !second.Leaf.NotBefore.Before(first.Leaf.NotAfter) {
		t.Error("it came too late")
	}
	if string(first.Leaf.RawSubjectPublicKeyInfo) == string(second.Leaf.RawSubjectPublicKeyInfo) {
		t.Error("the key is the same")
	}
}

// C2: one that is not served is an error that is told, and served later, without
// another order.
func TestC2NotServed(t *testing.T) {
	b := newBench(t, ca.Options{})
	b.refuse <- errors.Join(errors.New("no handshake shows it"), context.DeadlineExceeded)
	b.refuse <- errors.New("no handshake shows it")
	b.manager.Use(b.from(), shop)
	b.until(func(s Status) bool { return strings.HasSuffix(s.Failure, "no handshake shows it") || len(b.served) > 0 })
	b.next()
	if n := b.authority.Orders(); n != 1 {
		t.Errorf("%d orders", n)
	}
	b.until(func(s Status) bool { return s.Failure == "" })
}

// C3: an authority that is away harms nothing, and is asked again.
func TestC3AuthorityAway(t *testing.T) {
	cases := []struct {
		name   string
		answer http.HandlerFunc
		says   string
	}{
		{"broken", func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }, "cannot be reached"},
		{"an error", func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "\x1b[2Jaway", http.StatusInternalServerError)
		}, "an error of its own: "},
		{"a page", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }, "/dir answers with HTTP 200; see `directory`"},
		{"too often", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "slow down", http.StatusTooManyRequests) }, "limits how often it is asked"},
		{"nothing there", http.NotFound, "/dir answers with HTTP 404; see `directory`"},
		{"something else", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, "{}")
		}, "that is no authority which speaks ACME"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, ca.Options{})
			b.authority.Answer(c.answer)
			b.manager.Use(b.from(), shop)
			s := b.until(func(s Status) bool { return s.Failure != "" })
			if !strings.Contains(s.Failure, c.says) || strings.Contains(s.Failure, "\x1b") || s.Next.IsZero() {
				t.Errorf("status %+v", s)
			}
			b.authority.Answer(nil)
			b.next()
			b.until(func(s Status) bool { return s.Failure == "" && s.Next.IsZero() })
		})
	}
}

// C3: what is wrong is said in words that say what to do.
func TestC3Words(t *testing.T) {
	cases := []struct {
		name  string
		spoil func(*bench, *Authority)
		says  string
	}{
		{"no name", func(b *bench, _ *Authority) { b.names.Set("shop.example") }, "shop.example"},
		{"unreachable", func(b *bench, _ *Authority) { b.answers.Close() }, "port 80 is open"},
		{"another answers", func(b *bench, _ *Authority) {
			b.answers.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
		}, "somebody else answers for shop.example"},
		{"not trusted", func(_ *bench, a *Authority) { a.Roots = x509.NewCertPool() }, "ca_root"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, ca.Options{})
			from := b.from()
			c.spoil(b, &from)
			b.manager.Use(from, shop)
			if s := b.until(func(s Status) bool { return s.Failure != "" }); !strings.Contains(s.Failure, c.says) {
				t.Errorf("says %q, and not %q", s.Failure, c.says)
			}
		})
	}
}

// C3: an authority that offers no way to look at a name for which the edge is ready is
// told of; what it is asked for by is not that of an address.
func TestC3NoWay(t *testing.T) {
	b := newBench(t, ca.Options{})
	b.manager.Use(b.from(), []Order{{Site: "shop.example", Names: []string{"127.0.0.1"}, ByDNS: Hook{Command: []string{"true"}}}})
	if s := b.until(func(s Status) bool { return s.Failure != "" }); !strings.Contains(s.Failure, "no way to find out that 127.0.0.1 leads here which the edge is ready for") {
		t.Errorf("says %q", s.Failure)
	}
	for name, want := range map[string]string{"Shop.example": "shop.example", "192.0.2.17": "17.2.0.192.in-addr.arpa",
		"2001:db8::1": "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"} {
		if got := asksFor(acme.Identifier{Value: name}); got != want {
			t.Errorf("%s is asked for as %s, want %s", name, got, want)
		}
	}
}

// An account that the authority binds to one of its customers.
func TestBoundAccount(t *testing.T) {
	const name, key = "kid-1", "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
	b := newBench(t, ca.Options{Customers: map[string]string{name: key}})
	from := b.from()
	b.manager.Use(from, shop)
	if s := b.until(func(s Status) bool { return s.Failure != "" }); !strings.Contains(s.Failure, "eab") {
		t.Errorf("says %q", s.Failure)
	}
	from.KeyID, from.HMACKey = name, key
	b.manager.Use(from, shop)
	b.next()
}

// C9: the certificate is of the kind that is asked for, and an authority that has none
// of it is told of.
func TestC9Profile(t *testing.T) {
	const day = 24 * time.Hour
	b := newBench(t, ca.Options{Profiles: map[string]time.Duration{"shortlived": day}})
	from := b.from()
	from.Profile = "long"
	b.manager.Use(from, shop)
	if s := b.until(func(s Status) bool { return s.Failure != "" }); s.Failure != `the authority has no profile "long": set `+"`profile`"+` in the acme block to one of default, shortlived` {
		t.Errorf("says %q", s.Failure)
	}
	from.Profile = "shortlived"
	b.manager.Use(from, shop)
	leaf := b.next().Leaf
	if life := leaf.NotAfter.Sub(leaf.NotBefore).Round(time.Hour); life != day {
		t.Errorf("it lives for %v", life)
	}
}

// An authority that knows the account no more is registered with again.
func TestForgottenAccount(t *testing.T) {
	b := newBench(t, ca.Options{})
	b.manager.Use(b.from(), shop)
	b.next()
	b.manager.Close()
	known, err := records{b.store, b.authority.Directory}.account(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	known.Location = known.Location[:strings.LastIndexByte(known.Location, '/')] + "/nobody"
	if err := errors.Join(records{b.store, b.authority.Directory}.putAccount(t.Context(), known.Account), os.Remove(b.store.file(b.authority.Directory, shop[0].Names))); err != nil {
		t.Fatal(err)
	}
	b.start()
	b.manager.Use(b.from(), shop)
	b.next()
}

// C3: an account that has been deactivated is none of the names' fault.
func TestC3DeactivatedAccount(t *testing.T) {
	b := newBench(t, ca.Options{})
	b.manager.Use(b.from(), shop)
	b.next()
	known, err := records{b.store, b.authority.Directory}.account(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w := &wanted{manager: b.manager, authority: b.from()}
	gone := acme.Account{Location: known.Location, PrivateKey: known.PrivateKey, Status: acme.StatusDeactivated}
	if _, err := w.client(nil).UpdateAccount(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	b.names.Set("other.example", "127.0.0.1")
	b.manager.Use(b.from(), []Order{{Site: "shop.example", Names: []string{"other.example"}, ByHTTP: true}})
	if s := b.until(func(s Status) bool { return s.Failure != "" }); !strings.Contains(s.Failure, "refuses the account") {
		t.Errorf("says %q", s.Failure)
	}
}

// tls-alpn-01: the authority asks in a handshake, also where a name is an address.
func TestInHandshake(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, ca.Options{TLSPort: portOf(t, listener.Addr())})
	secure := tls.NewListener(listener, &tls.Config{NextProtos: []string{acmez.ACMETLS1Protocol}, GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if shown := b.manager.Certificate(hello.ServerName); shown != nil {
			return shown, nil
		}
		return nil, errors.New("nobody has asked")
	}})
	server := &http.Server{Handler: http.NotFoundHandler()}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(secure) }() // it returns ErrServerClosed
	t.Cleanup(func() { _ = server.Close(); <-served })
	b.manager.Use(b.from(), []Order{{Site: "shop.example", Names: []string{"shop.example", "127.0.0.1"}, ByTLS: true}})
	if err := b.next().Leaf.VerifyHostname("127.0.0.1"); err != nil {
		t.Error(err)
	}
}

// TestManySites holds that each site gets its own, with one account.
func TestManySites(t *testing.T) {
	b := newBench(t, ca.Options{})
	var orders []Order
	for i := range 12 {
		name := "shop" + strconv.Itoa(i) + ".example"
		b.names.Set(name, "127.0.0.1")
		orders = append(orders, Order{Site: name, Names: []string{name}, ByHTTP: true})
	}
	b.manager.Use(b.from(), orders)
	for range orders {
		b.next()
	}
	if n := b.authority.Orders(); n != len(orders) {
		t.Errorf("%d orders for %d sites", n, len(orders))
	}
}

// TestRetryAfter holds that an authority which wants to be left alone is.
func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		text string
		want time.Time
	}{
		{"120", now.Add(2 * time.Minute)},
		{"Mon, 30 Nov 2026 13:00:00 GMT", now.Add(time.Hour)},
		{"", time.Time{}}, {"-1", time.Time{}}, {"soon", time.Time{}},
	} {
		if at, ok := parseRetryAfter(c.text, now); ok != !c.want.IsZero() || ok && !at.Equal(c.want) {
			t.Errorf("%q: %v %v", c.text, at, ok)
		}
	}
	b := newBench(t, ca.Options{})
	b.authority.Answer(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{"type": "urn:ietf:params:acme:error:rateLimited", "detail": "too many"}`)
	})
	b.manager.Use(b.from(), shop)
	s := b.until(func(s Status) bool { return s.Failure != "" })
	if left := time.Until(s.Next); left < 50*time.Minute || !strings.Contains(s.Failure, "left alone until") {
		t.Errorf("status %+v", s)
	}
}
