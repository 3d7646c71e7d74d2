// Package ca has a certificate authority for tests, which is asked by ACME
// (RFC 8555): Pebble, in the test's own process.
package ca

import (
	"encoding/pem"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
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
	// Refuse is how many of a hundred nonces are refused, at random, and Slow has every
	// look at a name take up to a second.
	Refuse int
	Slow   bool
	// Customers are the keys, in base64url, of those who alone may register, by their
	// names; nil lets everybody.
	Customers map[string]string
}

// Server is an authority. Its methods may be called from any goroutine.
type Server struct {
	Directory string // the URL
	Root      string // in PEM, what signed the certificate of that URL

	handler http.Handler
	beats   chan struct{} // there is one each millisecond

	mu     sync.Mutex
	orders int
	given  int
	fails  int              // of a hundred answers
	loses  string           // a part of the path of those whose answers are lost
	answer http.HandlerFunc // in place of the authority; nil where it answers itself
}

// Start runs an authority until the test ends.
func Start(t *testing.T, o Options) *Server {
	t.Helper()
	// Pebble has no other way to be told.
	for name, value := range map[string]string{"PEBBLE_VA_NOSLEEP": map[bool]string{true: "0", false: "1"}[o.Slow], "PEBBLE_VA_SLEEPTIME": "1",
		"PEBBLE_WFE_NONCEREJECT": strconv.Itoa(o.Refuse), "PEBBLE_AUTHZREUSE": "0"} {
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
	s := &Server{beats: make(chan struct{})}
	handler := front.Handler()
	s.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		answer := s.answer
		if answer == nil && rand.N(100) < s.fails {
			answer = broken
		}
		s.mu.Unlock()
		if answer == nil {
			answer = s.counted(handler)
		}
		answer(w, r)
	})
	server := httptest.NewUnstartedServer(s.handler)
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

// Fail has so many of a hundred answers be errors, or none.
func (s *Server) Fail(percent int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = percent
}

// Lose has requests whose path has such a part be carried out, and their answers be
// lost; "" ends that.
func (s *Server) Lose(part string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loses = part
}

// broken answers as an authority whose database is away, or that dies.
func broken(w http.ResponseWriter, _ *http.Request) {
	if rand.N(2) == 0 {
		panic(http.ErrAbortHandler)
	}
	http.Error(w, "<html>away</html>", http.StatusServiceUnavailable)
}

// counted has the authority answer, and counts what it gives.
func (s *Server) counted(handler http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		heard := &status{w, http.StatusOK}
		handler.ServeHTTP(heard, r)
		s.mu.Lock()
		defer s.mu.Unlock()
		switch {
		case heard.code == http.StatusCreated && strings.HasSuffix(r.URL.Path, "order-plz"):
			s.orders++
		case heard.code == http.StatusOK && strings.Contains(r.URL.Path, "finalize-order"):
			s.given++
		}
		if s.loses != "" && strings.Contains(r.URL.Path, s.loses) {
			panic(http.ErrAbortHandler)
		}
	}
}

// status hears what an answer is.
type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

// Given is how many certificates have been asked for to the end.
func (s *Server) Given() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.given
}

// Orders is how many orders have been made.
func (s *Server) Orders() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.orders
}
