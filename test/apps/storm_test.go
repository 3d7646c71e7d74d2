package apps

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/sys/unix"

	"edgegen/test/ca"
	"edgegen/test/dns"
	"edgegen/test/edge"
	"edgegen/test/port"
)

// storm is for make certificates: it takes minutes.
var storm = flag.Duration("storm", 0, "how long TestC3Storm goes on at most; 0 leaves it out")

const (
	stormSites = 50
	stormLife  = 150 * time.Second // where the machine has nothing else to do
	renewals   = 3
)

// C2, C3: fifty sites get their certificates and three renewals each, of an authority
// that refuses every other nonce, takes its time, breaks off, answers every fifth time
// with an error, and is away for a while. No handshake fails, no WebSocket closes, and
// nothing is asked for that is there. On a machine that does something else besides, the
// certificates live for longer.
func TestC3Storm(t *testing.T) {
	if *storm == 0 {
		t.Skip("make certificates runs it")
	}
	for _, c := range []edge.Combination{edge.BuiltIn, edge.Native} {
		t.Run(c.Name, func(t *testing.T) {
			c.Need(t)
			slower := slowness(t)
			scaled := func(d time.Duration) time.Duration { return time.Duration(float64(d) * slower).Round(time.Second) }
			life, limit := scaled(stormLife), scaled(*storm)
			names, plain, secure := dns.Start(t), port.Free(t), port.Free(t)
			authority := ca.Start(t, ca.Options{Resolver: names.Address, HTTPPort: number(t, plain), Lifetime: life, Refuse: 50, Slow: true})
			authority.Fail(20)
			_, listeners := listenOn(t, "127.0.0.1")
			app := serve(t, "app", listeners[0], nil)
			h := edge.NewHome(t, c)
			h.Write("authority.pem", authority.Root)
			var text strings.Builder
			fmt.Fprintf(&text, "edge {\n  http = [%q]\n  https = [%q]\n  acme {\n    directory = %q\n    ca_root = \"authority.pem\"\n  }\n  log { access = \"off\" }\n}\n", plain, secure, authority.Directory)
			for i := range stormSites {
				names.Set(stormSite(i), "127.0.0.1")
				fmt.Fprintf(&text, "site %q {\n  tls { acme = true }\n  backend \"app\" { servers = [%q] }\n  route \"/\" {\n    backend = \"app\"\n    websocket = true\n  }\n}\n", stormSite(i), app.address)
			}
			h.Write("site.hcl", text.String())
			e := h.Run()
			w := &watched{address: e.HTTPS(), seen: map[string]map[string]bool{}, last: map[string]*x509.Certificate{}, closest: life}
			browser := newClient(e)
			var sockets []*websocket.Conn
			for i := range stormSites / 5 {
				sockets = append(sockets, browser.open(t, stormSite(5*i)+"/"))
			}
			began := time.Now()
			stop := w.look()
			all := w.until(t, 1, began.Add(limit))
			authority.Answer(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
			time.Sleep(life / 10)
			authority.Answer(nil)
			w.until(t, 1+renewals, began.Add(limit))
			stop()
			for i, socket := range sockets {
				echoes(t, socket, fmt.Sprint(i))
			}
			served := w.served()
			t.Logf("certificates of %v: all sites had their first after %v, and %d renewals after %v: %d handshakes, %d failed; %d orders, %d given, %d seen; the next one came when %v were left at the least",
				life, all.Sub(began).Round(time.Second), renewals, time.Since(began).Round(time.Second), w.shook, len(w.wrong), authority.Orders(), authority.Given(), served, w.closest.Round(time.Second/10))
			if len(w.wrong) > 0 {
				t.Errorf("%d of %d handshakes failed: %v", len(w.wrong), w.shook, w.wrong[:min(len(w.wrong), 5)])
			}
			// What is given and lost on the way is asked for again.
			if given := authority.Given(); given > served+served/10+2 {
				t.Errorf("%d certificates were asked for, and %d served", given, served)
			}
			e.Stop()
		})
	}
}

// slowness is how many times as long as on a machine that has nothing else to do work
// takes here; up to 4.
func slowness(t *testing.T) float64 {
	t.Helper()
	runtime.LockOSThread() // the kernel counts by threads
	defer runtime.UnlockOSThread()
	spent := func() time.Duration {
		var usage unix.Rusage
		if err := unix.Getrusage(unix.RUSAGE_THREAD, &usage); err != nil {
			t.Fatal(err)
		}
		return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	}
	began, had := time.Now(), spent()
	for spent()-had < time.Second/2 {
	}
	return min(max(float64(time.Since(began))/float64(spent()-had), 1), 4)
}

func stormSite(i int) string { return fmt.Sprintf("s%d.example", i) }

// watched is what handshakes show.
type watched struct {
	address string
	mu      sync.Mutex
	shook   int
	wrong   []string
	seen    map[string]map[string]bool   // the serials of the authority's certificates, by site
	last    map[string]*x509.Certificate // the authority's that a site has shown last
	closest time.Duration                // what was left of one at the least when the next was shown
}

// look shakes hands until the returned function is called.
func (w *watched) look() (stop func()) {
	ctx, end := context.WithCancel(context.Background())
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			for ; ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
				w.shake(stormSite(rand.N(stormSites)))
			}
		})
	}
	return func() { end(); work.Wait() }
}

func (w *watched) shake(name string) {
	conn, err := tls.Dial("tcp", w.address, &tls.Config{InsecureSkipVerify: true, ServerName: name}) // it is looked at below
	var leaf *x509.Certificate
	if err == nil {
		leaf = conn.ConnectionState().PeerCertificates[0]
		_ = conn.Close() // nothing was sent
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shook++
	now := time.Now()
	switch {
	case err != nil:
		w.wrong = append(w.wrong, fmt.Sprintf("%s %s: %v", now.Format("15:04:05.000"), name, err))
	case leaf.VerifyHostname(name) != nil || now.After(leaf.NotAfter.Add(time.Second)):
		w.wrong = append(w.wrong, fmt.Sprintf("%s %s: for %v, until %v", now.Format("15:04:05.000"), name, leaf.DNSNames, leaf.NotAfter))
	case isGiven(leaf):
		if w.seen[name] == nil {
			w.seen[name] = map[string]bool{}
		}
		w.seen[name][leaf.SerialNumber.String()] = true
		if before := w.last[name]; before != nil && !before.Equal(leaf) {
			w.closest = min(w.closest, before.NotAfter.Sub(now))
		}
		w.last[name] = leaf
	}
}

// until waits until every site has shown so many certificates of the authority.
func (w *watched) until(t *testing.T, count int, deadline time.Time) time.Time {
	t.Helper()
	for ; ; time.Sleep(100 * time.Millisecond) {
		w.mu.Lock()
		done := 0
		for _, serials := range w.seen {
			if len(serials) >= count {
				done++
			}
		}
		w.mu.Unlock()
		if done == stormSites {
			return time.Now()
		}
		if time.Now().After(deadline) {
			t.Errorf("%d of %d sites have shown %d certificates", done, stormSites, count)
			return time.Now()
		}
	}
}

func (w *watched) served() (sum int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, serials := range w.seen {
		sum += len(serials)
	}
	return sum
}
