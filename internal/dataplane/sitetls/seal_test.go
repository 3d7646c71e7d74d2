package sitetls

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"edgegen/internal/site"
	"edgegen/internal/tickets"
)

const (
	host   = "shop.test"
	secret = "kB4wZrUoQm5yF0sVbC9hJ2nT6xL8eD1g"
)

// edgeWith is how an edge with a secret speaks TLS.
func edgeWith(t *testing.T, secret string) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{host}, NotAfter: time.Now().AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	m, err := New(&site.Edge{Sites: []site.Site{{Host: host, TLS: site.TLS{MinVersion: "1.2"}}}}, [][]tls.Certificate{{{Certificate: [][]byte{der}, PrivateKey: key}}}, nil, nil, secret, &tls.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return m.First.Config
}

// session is what a client has of one.
type session struct{ state *tls.ClientSessionState }

func (s *session) Get(string) (*tls.ClientSessionState, bool)  { return s.state, s.state != nil }
func (s *session) Put(_ string, state *tls.ClientSessionState) { s.state = state }

// ahead is a connection that takes what is written before it is read, as TCP does: an edge
// sends tickets while the client still speaks.
type ahead struct {
	net.Conn
	written chan []byte
	sent    chan struct{}
}

func newAhead(c net.Conn) *ahead {
	a := &ahead{c, make(chan []byte, 16), make(chan struct{})}
	go func() {
		defer close(a.sent)
		for data := range a.written {
			_, _ = c.Write(data) // the client says what it lacks
		}
	}()
	return a
}

func (a *ahead) Write(data []byte) (int, error) {
	a.written <- append([]byte(nil), data...)
	return len(data), nil
}

// SetWriteDeadline does nothing: nothing waits.
func (a *ahead) SetWriteDeadline(time.Time) error { return nil }

func (a *ahead) Close() error {
	close(a.written)
	<-a.sent
	return a.Conn.Close()
}

// resumes reports whether an edge resumes a session, which is the one of the new
// connection then.
func resumes(t *testing.T, at *tls.Config, version uint16, s *session) bool {
	t.Helper()
	ours, theirs := net.Pipe()
	served := make(chan error, 1)
	go func() {
		server := tls.Server(newAhead(theirs), at)
		_, err := io.WriteString(server, "hello") // a ticket comes before it
		if err == nil {
			err = server.Close()
		}
		served <- err
	}()
	client := tls.Client(ours, &tls.Config{InsecureSkipVerify: true, ServerName: host, MinVersion: version, MaxVersion: version, ClientSessionCache: s}) // what signed it is not the question
	said, err := io.ReadAll(client)
	if err != nil || string(said) != "hello" {
		t.Fatalf("%q, %v", said, err)
	}
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	return client.ConnectionState().DidResume
}

// D3: a session of one edge is resumed at another in its period and the next one, by a
// clock that the test moves, and begins anew in the one after that. It does at an edge
// with another secret.
func TestD3Sealed(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		synctest.Test(t, func(t *testing.T) {
			one, other, stranger := edgeWith(t, secret), edgeWith(t, secret), edgeWith(t, "z"+secret[1:])
			if began := time.Now(); tickets.Next(began).Sub(began) != tickets.Period {
				t.Fatalf("a period has begun before %v", began)
			}
			time.Sleep(tickets.Period - time.Second)
			for _, c := range []struct {
				after time.Duration
				at    *tls.Config
				want  bool
			}{
				{0, other, true}, {2 * time.Second, other, true}, {tickets.Period, other, true}, {tickets.Period + 2*time.Second, other, false}, {0, stranger, false},
			} {
				fresh := &session{}
				if resumes(t, one, version, fresh) {
					t.Error("a client without a session resumes one")
				}
				began := time.Now()
				time.Sleep(c.after)
				if got := resumes(t, c.at, version, fresh); got != c.want {
					t.Errorf("TLS %x: a session of %v is resumed after %v: %v", version, began, c.after, got)
				}
				// The edges go on to the last second of the period.
				time.Sleep(time.Until(tickets.Next(time.Now())) - time.Second)
			}
		})
	}
}
