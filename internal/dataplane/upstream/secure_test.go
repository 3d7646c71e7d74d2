package upstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"edgegen/internal/dataplane/wire"
)

// secured is a group of one server with TLS, which counts its connections.
func secured(t *testing.T, change func(server, client *tls.Config)) (*Group, *atomic.Int64) {
	t.Helper()
	var connections atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/stream" {
			w.Header().Set("Content-Type", "text/event-stream")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			return
		}
		_, _ = io.Copy(w, r.Body)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.TLS = &tls.Config{}
	s.EnableHTTP2 = false
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	client := &tls.Config{RootCAs: roots, ServerName: "example.com"}
	if change != nil {
		change(s.TLS, client)
	}
	g := NewWatched()
	g.Set([]Endpoint{{Address: Address{Network: "tcp", Address: s.Listener.Addr().String()}, Secure: client}}, Policy{})
	t.Cleanup(g.Close)
	return g, &connections
}

func post(g *Group, path, body string) (string, error) {
	r, _, err := g.RoundTrip(context.Background(), &wire.Request{Method: "POST", Target: path, Host: "app", Length: int64(len(body)), Body: wire.NewBytes([]byte(body))}, patience)
	if err != nil {
		return "", err
	}
	defer r.Close()
	text, err := io.ReadAll(r.Body)
	return string(text), err
}

// B2: connections with TLS are used again, and one that the server has closed is
// not taken for one that fails.
func TestSecureConnections(t *testing.T) {
	g, connections := secured(t, nil)
	g.now().servers[0].trust.proven.Store(proofs)
	for range 3 {
		if got, err := post(g, "/", "text"); err != nil || got != "text" {
			t.Fatal(got, err)
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
	s := g.now().servers[0]
	s.mu.Lock()
	kept := s.idle[0]
	s.mu.Unlock()
	_ = kept.Conn.(*tls.Conn).NetConn().(*net.TCPConn).CloseRead() // as the other side's end would look
	for range 2 {
		if got, err := post(g, "/", "again"); err != nil || got != "again" {
			t.Fatal(got, err)
		}
	}
	if n := connections.Load(); n != 2 {
		t.Errorf("%d connections", n)
	}
}

// B7: the head of a stream is not held back until its first event.
func TestSecureStreamWaits(t *testing.T) {
	g, _ := secured(t, nil)
	r, _, err := g.RoundTrip(t.Context(), &wire.Request{Method: "GET", Target: "/stream", Host: "app"}, patience)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if waiting, ok := r.Body.(interface{ Waits() bool }); !ok || !waiting.Waits() {
		t.Error("the stream does not wait")
	}
}

// B2: what is wrong with the server's TLS is said, is a 502, and keeps nobody from
// trying again.
func TestSecureRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(server, client *tls.Config)
		reason string
	}{
		"another name":      {func(_, client *tls.Config) { client.ServerName = "other.test" }, "certificate is valid for"},
		"unknown authority": {func(_, client *tls.Config) { client.RootCAs = x509.NewCertPool() }, "unknown authority"},
		"expired": {func(_, client *tls.Config) {
			client.Time = func() time.Time { return time.Now().AddDate(200, 0, 0) }
		}, "expired"},
		"TLS 1.0": {func(server, client *tls.Config) {
			server.MinVersion, server.MaxVersion, client.MinVersion = tls.VersionTLS10, tls.VersionTLS10, tls.VersionTLS12
		}, "protocol version"},
		"a client certificate is missing": {func(server, _ *tls.Config) { server.ClientAuth = tls.RequireAnyClientCert }, "certificate required"},
	} {
		t.Run(name, func(t *testing.T) {
			g, _ := secured(t, c.change)
			for range 2 {
				_, err := post(g, "/", "x")
				if !errors.Is(err, ErrFailed) || !strings.Contains(err.Error(), c.reason) {
					t.Errorf("%v", err)
				}
			}
			if trouble := g.Conditions()[0].Trouble; trouble == nil || !strings.Contains(trouble.Reason, c.reason) {
				t.Errorf("%+v", trouble)
			}
		})
	}
}
