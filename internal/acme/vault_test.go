package acme

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mholt/acmez/v3"

	"edgegen/internal/certificate"
	"edgegen/internal/vault"
	"edgegen/test/ca"
	"edgegen/test/cluster"
	"edgegen/test/dns"
)

const testLease = 2 * time.Second

// members are several edges that one name leads to, in turn, and that have a vault.
type members struct {
	*testing.T
	authority *ca.Server
	names     *dns.Server
	shared    string
	all       []*member
	mu        sync.Mutex
	reached   []*member    // by the balancer
	asked     atomic.Int64 // questions of the authority
}

// member is one of them.
type member struct {
	*members
	store   Store
	manager *Manager
	served  chan certificate.Pair
}

func newMembers(t *testing.T, count int, o ca.Options) *members {
	t.Helper()
	g := &members{T: t, names: dns.Start(t), shared: t.TempDir()}
	for range count {
		g.all = append(g.all, &member{members: g, store: Store{filepath.Join(t.TempDir(), "acme")}})
	}
	// A balancer that asks another member each time.
	answers := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := g.next().manager.Answer(r.URL.Path)
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, text) // whoever asked sees it
	}))
	t.Cleanup(answers.Close)
	secure, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{NextProtos: []string{acmez.ACMETLS1Protocol}, GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if shown := g.next().manager.Certificate(hello.ServerName); shown != nil {
			return shown, nil
		}
		return nil, errors.New("nobody has asked")
	}})
	if err != nil {
		t.Fatal(err)
	}
	server, ended := &http.Server{Handler: http.NotFoundHandler(), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}, make(chan struct{})
	go func() { defer close(ended); _ = server.Serve(secure) }() // it returns ErrServerClosed
	t.Cleanup(func() { _ = server.Close(); <-ended })
	o.Resolver, o.HTTPPort, o.TLSPort = g.names.Address, portOf(t, answers.Listener.Addr()), portOf(t, secure.Addr())
	g.authority = ca.Start(t, o)
	for _, m := range g.all {
		m.start()
	}
	return g
}

func (g *members) next() *member {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.reached[int(g.asked.Add(1))%len(g.reached)]
}

// start makes a Manager, as a process that begins does.
func (m *member) start() {
	m.served = make(chan certificate.Pair, 256)
	m.manager = New(Options{Store: m.store, Log: slog.New(slog.DiscardHandler), UserAgent: "edgegen/test", Pause: 20 * time.Millisecond, Look: 50 * time.Millisecond,
		Serve: func(_ context.Context, _ string, pair certificate.Pair) error { m.served <- pair; return nil }})
	m.Cleanup(m.manager.Close)
}

func (m *member) use(orders ...Order) {
	m.useBy(vault.Directory(m.shared, testLease), orders...)
}

// useBy has the balancer lead to a member from then on.
func (m *member) useBy(v vault.Vault, orders ...Order) {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(m.authority.Root))
	m.manager.Use(Authority{Directory: m.authority.Directory, Roots: pool, Vault: v}, orders)
	m.mu.Lock()
	defer m.mu.Unlock()
	if !slices.Contains(m.reached, m) {
		m.reached = append(m.reached, m)
	}
}

func (m *member) got() certificate.Pair {
	m.Helper()
	select {
	case pair := <-m.served:
		return pair
	case <-time.After(patience):
		m.Fatalf("no certificate comes: %+v", m.manager.Status())
	}
	return certificate.Pair{}
}

// ordered is a site that an authority finds in one way or the other.
func (g *members) ordered(name string, inHandshake bool) Order {
	g.names.Set(name, "127.0.0.1")
	return Order{Site: name, Names: []string{name}, ByHTTP: !inHandshake, ByTLS: inHandshake}
}

// D1: of three edges one orders, whoever is asked answers the authority, all serve what
// came, and one account is known; one that comes later asks for nothing.
func TestD1OneOrder(t *testing.T) {
	for _, inHandshake := range []bool{false, true} {
		g := newMembers(t, 3, ca.Options{})
		order := g.ordered("shop.example", inHandshake)
		for _, m := range g.all {
			m.use(order)
		}
		first := g.all[0].got()
		for _, m := range g.all[1:] {
			if other := m.got(); !other.Leaf.Equal(first.Leaf) {
				t.Errorf("the members have certificates of their own")
			}
		}
		if orders := g.authority.Orders(); orders != 1 || g.authority.Given() != 1 {
			t.Errorf("%d orders", orders)
		}
		late := &member{members: g, store: Store{filepath.Join(t.TempDir(), "acme")}}
		late.start()
		late.use(order)
		if other := late.got(); !other.Leaf.Equal(first.Leaf) || g.authority.Orders() != 1 {
			t.Errorf("a late one has %v, after %d orders", other, g.authority.Orders())
		}
		keys, err := filepath.Glob(filepath.Join(g.shared, "*", "account.key"))
		if err != nil || len(keys) != 1 {
			t.Errorf("accounts %v, %v", keys, err)
		}
		g.secret()
	}
}

// secret holds that nobody else may read what is in the vault, and that no challenge or
// order is left when all has come to its end.
func (g *members) secret() {
	g.Helper()
	for _, m := range g.all {
		m.manager.Close()
	}
	err := filepath.Walk(g.shared, func(path string, info os.FileInfo, err error) error {
		if err == nil && path != g.shared && info.Mode().Perm()&0o077 != 0 {
			g.Errorf("%s may be read by others: %v", path, info.Mode())
		}
		if strings.HasSuffix(path, ".order") || strings.HasSuffix(path, ".failed") || strings.Contains(path, "/challenges/") {
			g.Errorf("%s is left", path)
		}
		return err
	})
	if err != nil {
		g.Error(err)
	}
}

// D1: renewals happen once among all, and each member serves them.
func TestD1OneRenewal(t *testing.T) {
	g := newMembers(t, 3, ca.Options{Lifetime: 15 * time.Second})
	order := g.ordered("shop.example", false)
	for _, m := range g.all {
		m.use(order)
	}
	const turns = 3
	different := map[string]bool{}
	for _, m := range g.all {
		for range turns {
			different[m.got().Leaf.SerialNumber.String()] = true
		}
	}
	// Edges of their own would have had three times as many. One may be under way, and
	// on a busy machine one may be renewed while another member is asked.
	if given := g.authority.Given(); given > len(different)+1 || len(different) > 2*turns {
		t.Errorf("%d certificates were given, of which %d were served, in %d turns", given, len(different), turns)
	}
}

// D1: an edge that dies while it orders is overtaken, and its order is brought to its end.
func TestD1HolderDies(t *testing.T) {
	g := newMembers(t, 2, ca.Options{})
	order := g.ordered("shop.example", false)
	g.authority.Lose("finalize-order") // it is carried out, and nobody hears of it
	g.all[0].use(order)
	for deadline := time.Now().Add(patience); g.authority.Given() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing is ordered")
		}
	}
	// It dies: nothing that it does reaches the storage or the authority, and its lock
	// stays as it is.
	names, err := filepath.Glob(filepath.Join(g.shared, "locks", "*.pem.*"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	if err := os.Rename(g.shared, g.shared+".of-the-dead"); err != nil {
		t.Fatal(err)
	}
	g.all[0].manager.Close()
	if err := os.CopyFS(g.shared, os.DirFS(g.shared+".of-the-dead")); err != nil {
		t.Fatal(err)
	}
	g.reached = nil
	g.authority.Lose("")
	began := time.Now()
	g.all[1].use(order)
	g.all[1].got()
	if waited := time.Since(began); waited < testLease {
		t.Errorf("it was overtaken after %v", waited)
	}
	if orders := g.authority.Orders(); orders != 1 {
		t.Errorf("%d orders: the one that was under way is lost", orders)
	}
}

// D1: what is half written or of somebody else is never served, and a good one is put in
// its place.
func TestD1Damage(t *testing.T) {
	g := newMembers(t, 2, ca.Options{})
	order, other := g.ordered("shop.example", false), g.ordered("other.example", false)
	one, two := g.all[0], g.all[1]
	one.use(order, other)
	one.got()
	one.got()
	file := filepath.Join(g.shared, certificateName(g.authority.Directory, order.Names))
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	others, err := os.ReadFile(filepath.Join(g.shared, certificateName(g.authority.Directory, other.Names)))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for what, text := range map[string]string{"cut short": string(good[:len(good)/2]), "empty": "", "of another site": string(others),
		"without a key": string(good[:strings.Index(string(good), "-----BEGIN PRIVATE")]), "expired": string(selfMade(t, now.Add(-time.Hour), now.Add(-time.Minute)))} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for deadline := now.Add(patience); ; time.Sleep(5 * time.Millisecond) {
			if now, err := os.ReadFile(file); err == nil && string(now) == string(good) {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("what is %s stays", what)
			}
		}
	}
	two.use(order)
	if pair := two.got(); string(pair.PEM) != string(good) {
		t.Errorf("the other member has %v", pair)
	}
	if orders := g.authority.Orders(); orders != 2 || len(one.served) != 0 {
		t.Errorf("%d orders, %d more served", orders, len(one.served))
	}
}

// D1: where the authority refuses, the edges together ask no more often than one does.
func TestD1Refused(t *testing.T) {
	g := newMembers(t, 3, ca.Options{})
	for _, m := range g.all {
		m.manager.options.Pause = time.Minute
		m.use(Order{Site: "nowhere.example", Names: []string{"nowhere.example"}, ByHTTP: true})
	}
	for _, m := range g.all {
		for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
			s := m.manager.Status()["nowhere.example"]
			if strings.Contains(s.Failure, "nowhere.example") && time.Until(s.Next) > 50*time.Second {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("status %+v", s)
			}
		}
	}
	if orders := g.authority.Orders(); orders != 1 {
		t.Errorf("%d orders", orders)
	}
}

// D1: many sites that begin at once, at three edges, while the authority fails every
// tenth time, have one order each.
func TestD1Storm(t *testing.T) {
	g := newMembers(t, 3, ca.Options{Refuse: 5})
	const sites = 16
	var orders []Order
	for i := range sites {
		orders = append(orders, g.ordered(fmt.Sprintf("s%d.example", i), i%2 == 1))
	}
	g.authority.Fail(10)
	for _, m := range g.all {
		m.use(orders...)
	}
	serials := map[string]string{}
	for _, m := range g.all {
		for range sites {
			pair := m.got()
			name, serial := pair.Leaf.DNSNames[0], pair.Leaf.SerialNumber.String()
			if was := serials[name]; was != "" && was != serial {
				t.Errorf("%s has several certificates", name)
			}
			serials[name] = serial
		}
	}
	if len(serials) != sites || g.authority.Given() != sites {
		t.Errorf("%d sites have got %d certificates by %d orders", len(serials), g.authority.Given(), g.authority.Orders())
	}
	g.secret()
}

// D1: an edge that was alone brings its account and its certificates.
func TestD1Comes(t *testing.T) {
	g := newMembers(t, 2, ca.Options{})
	order, one, two := g.ordered("shop.example", false), g.all[0], g.all[1]
	one.useBy(nil, order)
	first := one.got()
	one.use(order)
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(g.shared, certificateName(g.authority.Directory, order.Names))); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it does not bring its certificate")
		}
	}
	made := g.authority.Orders()
	two.use(order)
	if other := two.got(); !other.Leaf.Equal(first.Leaf) || g.authority.Orders() != made {
		t.Errorf("the second has %v after %d more orders", other, g.authority.Orders()-made)
	}
	two.use(g.ordered("later.example", false))
	two.got()
	own, err := os.ReadFile(filepath.Join(one.store.Dir, folder(g.authority.Directory), accountKey))
	if err != nil {
		t.Fatal(err)
	}
	if all, err := os.ReadFile(filepath.Join(g.shared, folder(g.authority.Directory), accountKey)); err != nil || string(all) != string(own) {
		t.Errorf("the account is another one: %v", err)
	}
}

// D1: a store that is away harms nothing, is told of, and is used again when it is back.
func TestD1StoreAway(t *testing.T) {
	g := newMembers(t, 1, ca.Options{})
	order, one := g.ordered("shop.example", false), g.all[0]
	if err := os.Rename(g.shared, g.shared+".away"); err != nil {
		t.Fatal(err)
	}
	one.use(order)
	for deadline := time.Now().Add(patience); !strings.Contains(one.manager.Status()["shop.example"].Failure, g.shared+" is not there"); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("status %+v", one.manager.Status())
		}
	}
	if _, err := os.Stat(g.shared); err == nil || g.authority.Orders() != 0 {
		t.Errorf("a store of its own was made, with %d orders", g.authority.Orders())
	}
	if err := os.Rename(g.shared+".away", g.shared); err != nil {
		t.Fatal(err)
	}
	one.got()
}

// D1: the same by the Secrets of a cluster.
func TestD1Secrets(t *testing.T) {
	server := cluster.Start(t)
	t.Setenv("KUBECONFIG", server.Kubeconfig)
	g := newMembers(t, 3, ca.Options{})
	order := g.ordered("shop.example", false)
	for _, m := range g.all {
		v, err := vault.Open("kubernetes://default/edge")
		if err != nil {
			t.Fatal(err)
		}
		m.useBy(v, order)
	}
	first := g.all[0].got()
	for _, m := range g.all[1:] {
		if other := m.got(); !other.Leaf.Equal(first.Leaf) {
			t.Error("the members have certificates of their own")
		}
	}
	if orders := g.authority.Orders(); orders != 1 || g.authority.Given() != 1 {
		t.Errorf("%d orders", orders)
	}
}
