// Package together runs several edges that answer as one, and asks them what the contract
// promises of that.
package together

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"edgegen/internal/api"
	"edgegen/test/edge"
	"edgegen/test/port"
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(edge.MainQuickly(m))
}

// parties are those whose members have the same engines, or different ones.
func parties() map[string][]edge.Combination {
	return map[string][]edge.Combination{
		"builtin": {edge.BuiltIn, edge.BuiltIn, edge.BuiltIn},
		"native":  {edge.BuiltInTLS, edge.VarnishAlone, edge.BuiltInTLS},
		"mixed":   {edge.BuiltIn, edge.Native, edge.BuiltInCache},
	}
}

const (
	host   = "a.test"
	secret = "kB4wZrUoQm5yF0sVbC9hJ2nT6xL8eD1g"
)

// app counts what it is asked for.
type app struct {
	address string
	mu      sync.Mutex
	asked   map[string]int
	heads   map[string]http.Header
}

func startApp(t testing.TB) *app {
	t.Helper()
	a := &app{asked: map[string]int{}, heads: map[string]http.Header{}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a.address = listener.Addr().String()
	server := &http.Server{Handler: a}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) }) // it ends with the test
	t.Cleanup(func() { _ = server.Close(); serving.Wait() })
	return a
}

func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.asked[r.URL.Path]++
	n := a.asked[r.URL.Path]
	a.heads[r.URL.Path] = r.Header.Clone()
	a.mu.Unlock()
	time.Sleep(5 * time.Millisecond) // so that others ask meanwhile
	w.Header().Set("Cache-Tag", "all")
	if !strings.HasPrefix(r.URL.Path, "/ttl/") {
		w.Header().Set("Cache-Control", "max-age=600")
	}
	fmt.Fprintf(w, "%s %d", r.URL.Path, n)
}

func (a *app) reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.asked)
}

func (a *app) counted() (total, most int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, n := range a.asked {
		total, most = total+n, max(most, n)
	}
	return total, most
}

// party is the edges of one cluster.
type party struct {
	t     testing.TB
	app   *app
	homes []*edge.Home
	edges []*edge.Edge
	names []string // as which they are members
}

// gather starts edges, and waits until each knows all others.
func gather(t testing.TB, combinations []edge.Combination) *party {
	t.Helper()
	p := &party{t: t, app: startApp(t)}
	for range combinations {
		p.names = append(p.names, port.Free(t))
	}
	for i, c := range combinations {
		home := edge.NewHome(t, c)
		home.CompileAsUsersIn(edge.Native)
		p.homes = append(p.homes, home)
		p.write(i, p.names, secret)
		p.edges = append(p.edges, p.homes[i].Up())
	}
	for _, e := range p.edges {
		e.Ready()
	}
	p.settle(len(p.edges))
	return p
}

func (p *party) write(i int, names []string, secret string) {
	p.homes[i].Write("site.hcl", fmt.Sprintf(`edge {
  http  = ["127.0.0.1:0"]
  https = ["127.0.0.1:0"]
  cluster {
    listen  = %q
    members = ["%s"]
    secret  = %q
  }
}

site %q {
  tls { self_signed = true }
  backend "app" { servers = [%q] }
  cache {
    tags = "Cache-Tag"
    purge { allow = ["127.0.0.1"] }
  }
  route "/" {
    backend = "app"
    response_headers { set = { "X-Frame-Options" = "DENY" } }
  }
  route "/ttl" {
    backend = "app"
    cache { ttl = "4s" }
  }
}
`, p.names[i], strings.Join(names, `", "`), secret, host, p.app.address))
}

// settle waits until each running edge knows that so many are there, itself among them.
func (p *party) settle(count int) {
	p.t.Helper()
	for _, e := range p.edges {
		if e == nil {
			continue
		}
		e.Until("the members know each other", 20*time.Second, func(s api.Status) bool {
			there := 0
			for _, m := range s.Cluster.Members {
				if m.State == "up" || m.State == "self" {
					there++
				}
			}
			return there == count && slices.ContainsFunc(s.Cluster.Members, func(m api.MemberStatus) bool { return m.State == "self" })
		})
	}
}

// client asks an edge by one version of HTTP.
func client(e *edge.Edge, protocol string) *http.Client {
	address := e.HTTPS()
	t := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, MaxIdleConnsPerHost: 32, // whose certificate it is, is no matter here
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", address)
		}}
	t.ForceAttemptHTTP2 = protocol == "h2"
	return &http.Client{Timeout: 20 * time.Second, Transport: t}
}

func get(c *http.Client, path string) (status int, text string, header http.Header, err error) {
	r, err := c.Get("https://" + host + path)
	if err != nil {
		return 0, "", nil, err
	}
	defer r.Body.Close()
	data, err := io.ReadAll(r.Body)
	return r.StatusCode, string(data), r.Header, err
}
