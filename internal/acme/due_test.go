package acme

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net/http"
	"slices"
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
	made := &x509.Certificate{SerialNumber: big.NewInt(1 << 20), NotBefore: begin, NotAfter: end, DNSNames: shop[0].Names}
	der, err := x509.CreateCertificate(rand.Reader, made, made, own.Public(), own)
	if err != nil {
		t.Fatal(err)
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), text...)
}
