package acme

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"edgegen/internal/certificate"
)

const day = 24 * time.Hour

// C2: when an authority suggests to renew is when it is done, but for what leaves no
// time before the end.
func TestC2Window(t *testing.T) {
	begin := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	pair := certificate.Pair{Leaf: &x509.Certificate{NotBefore: begin, NotAfter: begin.Add(60 * day)}}
	for _, c := range []struct {
		name                 string
		start, end, from, to time.Duration
	}{
		{"two thirds", 39 * day, 41 * day, 39 * day, 41 * day},
		{"at once", -2 * day, -day, -2 * day, -day},
		{"the whole life", 0, 60 * day, 0, 45 * day},
		{"the last days", 57 * day, 59 * day, 42 * day, 45 * day},
		{"after the end", 70 * day, 80 * day, 42 * day, 45 * day},
	} {
		from, to := windowOf(pair, begin.Add(c.start), begin.Add(c.end))
		if from.Sub(begin) != c.from || to.Sub(begin) != c.to {
			t.Errorf("%s: from %v to %v, want %v to %v", c.name, from.Sub(begin), to.Sub(begin), c.from, c.to)
		}
	}
}

// away is an authority that nobody reaches, and notes down when somebody tries.
type away struct {
	mu    sync.Mutex
	tries []time.Time
}

func (a *away) RoundTrip(*http.Request) (*http.Response, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tries = append(a.tries, time.Now())
	return nil, errors.New("connection refused")
}

// C3: while an authority is away, the pauses shrink with what is left of a certificate,
// and grow again when it has ended.
func TestC3Pauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const directory = "https://away.example/dir"
		authority, store, ends := &away{}, Store{t.TempDir()}, time.Now().Add(2*day)
		if err := store.put(directory, shop[0].Names, selfMade(t, ends.Add(-6*day), ends)); err != nil {
			t.Fatal(err)
		}
		m := New(Options{Store: store, Log: slog.New(slog.DiscardHandler), Transport: authority})
		m.Use(Authority{Directory: directory}, shop)
		time.Sleep(6 * day)
		m.Close()
		shortest, longest := 6*day, time.Duration(0)
		for i, at := range slices.Backward(authority.tries) {
			if i == 0 {
				break
			}
			before := authority.tries[i-1]
			pause, most := at.Sub(before), min(max(ends.Sub(before).Abs()/4, hurry), longestPause)*5/4+time.Second
			if pause > most {
				t.Errorf("%v before the end the next try came after %v, want %v at most", ends.Sub(before), pause, most)
			}
			if pause > 2*time.Second { // acmez itself asks again within one
				shortest, longest = min(shortest, pause), max(longest, pause)
			}
		}
		if shortest > 2*hurry || longest < longestPause || len(authority.tries) > 400 {
			t.Errorf("%d tries, with pauses from %v to %v", len(authority.tries), shortest, longest)
		}
	})
}

// crowded is an authority that takes a second to say when to renew, and knows how many
// have asked, and how many at a time.
type crowded struct {
	mu              sync.Mutex
	asked, now, top int
}

func (c *crowded) RoundTrip(request *http.Request) (*http.Response, error) {
	text := `{"newNonce": "https://crowded.example/nonce", "newOrder": "https://crowded.example/order", "renewalInfo": "https://crowded.example/info"}`
	if strings.Contains(request.URL.Path, "/info/") {
		c.enter(1)
		time.Sleep(time.Second)
		c.enter(-1)
		begin := time.Now().Add(90 * day)
		text = fmt.Sprintf(`{"suggestedWindow": {"start": %q, "end": %q}}`, begin.Format(time.RFC3339), begin.Add(day).Format(time.RFC3339))
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(text)), Request: request}, nil
}

func (c *crowded) enter(who int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now += who; who > 0 {
		c.asked++
	}
	c.top = max(c.top, c.now)
}

// C2: many sites ask when to renew as a few at a time.
func TestC2Crowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const directory, sites = "https://crowded.example/dir", 100
		authority, store := &crowded{}, Store{t.TempDir()}
		given := selfMade(t, time.Now(), time.Now().Add(90*day))
		var orders []Order
		for i := range sites {
			names := []string{fmt.Sprintf("s%d.example", i)}
			if err := store.put(directory, names, given); err != nil {
				t.Fatal(err)
			}
			orders = append(orders, Order{Site: names[0], Names: names, ByHTTP: true})
		}
		m := New(Options{Store: store, Log: slog.New(slog.DiscardHandler), Transport: authority})
		m.Use(Authority{Directory: directory}, orders)
		time.Sleep(time.Minute)
		m.Close()
		if authority.asked != sites || authority.top != atOnce {
			t.Errorf("%d of %d have asked, %d at a time", authority.asked, sites, authority.top)
		}
	})
}

// selfMade is a certificate of nobody's, with its key.
func selfMade(t *testing.T, begin, end time.Time) []byte {
	t.Helper()
	key, text, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	own := key.(*ecdsa.PrivateKey)
	if own.Curve != elliptic.P256() {
		t.Fatal("another curve")
	}
	made := &x509.Certificate{SerialNumber: big.NewInt(1 << 20), SubjectKeyId: []byte{1}, AuthorityKeyId: []byte{1}, NotBefore: begin, NotAfter: end, DNSNames: shop[0].Names}
	der, err := x509.CreateCertificate(rand.Reader, made, made, own.Public(), own)
	if err != nil {
		t.Fatal(err)
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), text...)
}
