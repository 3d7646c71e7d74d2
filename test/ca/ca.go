// Package ca has a certificate authority for tests, which is asked by ACME
// (RFC 8555): Pebble, in the test's own process.
package ca

import (
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	pebble "github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
)

// Options say how an authority looks whether a name leads to whoever asks, and what
// it gives.
type Options struct {
	Resolver string // host:port of the name server that it asks
	// HTTPPort and TLSPort are the ports of the names' addresses on which it looks;
	// 0 for none.
	HTTPPort, TLSPort int
	Lifetime          time.Duration // of what it gives by its profile "default"; zero is 90 days
	// Profiles are the lifetimes of other ones; who names none gets one or the other.
	Profiles map[string]time.Duration
	// Customers are the keys, in base64url, of those who alone may register, by their
	// names; nil lets everybody.
	Customers map[string]string
}

// Server is an authority. Its methods may be called from any goroutine.
type Server struct {
	Directory string // the URL
	Root      string // in PEM, what signed the certificate of that URL

	mu     sync.Mutex
	orders int
	answer http.HandlerFunc // in place of the authority; nil where it answers itself
}

// Start runs an authority until the test ends.
func Start(t *testing.T, o Options) *Server {
	t.Helper()
	// Pebble has no other way to be told: no pauses, and no refusals to try clients.
	for _, variable := range []string{"PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0", "PEBBLE_AUTHZREUSE=0"} {
		name, value, _ := strings.Cut(variable, "=")
		if err := os.Setenv(name, value); err != nil {
			t.Fatal(err)
		}
	}
	if o.Lifetime == 0 {
		o.Lifetime = 90 * 24 * time.Hour
	}
	quiet, store := log.New(io.Discard, "", 0), db.NewMemoryStore()
	for name, key := range o.Customers {
		if err := store.AddExternalAccountKeyByID(name, key); err != nil {
			t.Fatal(err)
		}
	}
	profiles := map[string]pebble.Profile{"default": {Description: "for tests", ValidityPeriod: uint64(o.Lifetime / time.Second)}}
	for name, life := range o.Profiles {
		profiles[name] = pebble.Profile{Description: "for tests", ValidityPeriod: uint64(life / time.Second)}
	}
	authority := pebble.New(quiet, store, "", "ecdsa", 0, 1, profiles)
	validation := va.New(quiet, o.HTTPPort, o.TLSPort, false, o.Resolver, store)
	front := wfe.New(quiet, store, validation, authority, []string{"ca.test"}, false, o.Customers != nil, 1, 1)
	s := &Server{}
	handler := front.Handler()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		answer := s.answer
		if answer == nil && strings.HasSuffix(r.URL.Path, "order-plz") {
			s.orders++
		}
		s.mu.Unlock()
		if answer == nil {
			answer = handler.ServeHTTP
		}
		answer(w, r)
	}))
	server.Config.ErrorLog = quiet // a test ends in the middle of a question
	server.StartTLS()
	t.Cleanup(server.Close)
	s.Directory = server.URL + wfe.DirectoryPath
	s.Root = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	return s
}

// Answer has something else answer in place of the authority, until it is called
// with nil.
func (s *Server) Answer(h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = h
}

// Orders is how many orders have been made.
func (s *Server) Orders() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.orders
}
