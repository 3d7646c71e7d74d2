package dataplane

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"edgegen/internal/site"
)

// 200 changes of model under load: every answer is one that some model gives,
// and every WebSocket goes on.
func TestR2Swaps(t *testing.T) {
	backend := rawApp(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		for {
			q, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			if q.Header.Get("Upgrade") != "" {
				_, _ = io.WriteString(c, switching)
				_, _ = io.Copy(c, r)
				return
			}
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(q.RequestURI), q.RequestURI)
		}
	})
	model := simple(t, backend)
	model.Limits.WebSockets = 200
	model.Sites[0].Routes = append([]site.Route{{Path: "/swap", Redirect: &site.Redirect{To: "/x", Status: 301}}}, model.Sites[0].Routes...)
	e := start(t, model, func(o *Options) { o.Access = nil })
	ctx, cancel := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	defer clients.Wait()
	defer cancel()
	var asked, echoed atomic.Int64
	for n := range 100 {
		c := e.dial(t)
		_ = c.SetDeadline(time.Now().Add(2 * time.Minute))
		_, _ = io.WriteString(c, handshake("/ws"))
		r := bufio.NewReader(c)
		if response, err := http.ReadResponse(r, nil); err != nil || response.StatusCode != 101 {
			t.Fatal(response, err)
		}
		clients.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				text := fmt.Sprintf("%d %d\n", n, i)
				_, _ = io.WriteString(c, text)
				if line, err := r.ReadString('\n'); line != text {
					t.Errorf("W2: %q, want %q: %v", line, text, err)
					return
				}
				echoed.Add(1)
				select {
				case <-time.After(10 * time.Millisecond):
				case <-ctx.Done():
				}
			}
		})
	}
	for n := range 32 {
		clients.Go(func() {
			ask := e.keepAlive(t)
			if n%2 == 0 {
				ask = e.client(t).ask
			}
			for i := 0; ctx.Err() == nil; i++ {
				path := []string{"/swap", "/pass/", "/ttl/"}[i%3]
				if i%3 > 0 {
					path += fmt.Sprint(n, "-", i)
				}
				status, text, err := ask(path, "")
				asked.Add(1)
				if err != nil || path == "/swap" && status != 301 && status != 302 || path != "/swap" && (status != 200 || text != path) {
					t.Errorf("%s: %d %q %v", path, status, text, err)
					return
				}
			}
		})
	}
	certificates := [][]tls.Certificate{e.options.Certificates[0], {signedFor(t, chatHost)}}
	public := e.options.HTTPS[0]
	extra := listen(t, "tcp", "127.0.0.1:0")
	defer extra.Close()
	for i := range 200 {
		next := changed(model, func(n *site.Edge) {
			n.Sites[0].Routes[0].Redirect = &site.Redirect{To: "/x", Status: 301 + i%2}
			n.Timeout.Idle = time.Minute + time.Duration(i%3)*time.Second
			n.Storage.Size = int64(16+i%2) << 20
			if i%2 == 0 {
				n.Sites[0].Backends[0].Servers = append(slices.Clone(n.Sites[0].Backends[0].Servers), n.Sites[0].Backends[0].Servers[0])
			}
		})
		m := Model{Edge: next, Certificates: certificates[i%2 : i%2+1], HTTPS: []net.Listener{copyOf(t, public)},
			HTTP: []net.Listener{&duplicate{addr: e.options.HTTP[0].Addr()}}, Generation: fmt.Sprint(i)}
		if i%4 == 0 {
			m.HTTPS = append(m.HTTPS, copyOf(t, extra))
		}
		prepared, err := e.plane.Prepare(m)
		if err != nil {
			t.Fatal(err)
		}
		undo := prepared.Commit()
		if i%5 == 0 {
			undo()
		} else if e.plane.Generation() != fmt.Sprint(i) {
			t.Errorf("R5: generation %s", e.plane.Generation())
		}
		prepared.Discard()
		if err := e.plane.Probe(ctx); err != nil {
			t.Errorf("R5: %v", err)
		}
	}
	seen, talked := asked.Load(), echoed.Load()
	eventually(t, "the clients go on", func() bool { return asked.Load() > seen+100 && echoed.Load() > talked+100 })
	if open := e.plane.WebSockets(); open != 100 {
		t.Errorf("W2: %d WebSockets", open)
	}
	t.Logf("%d requests, %d echoes", asked.Load(), echoed.Load())
}
