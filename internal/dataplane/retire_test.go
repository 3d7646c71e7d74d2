package dataplane

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/site"
)

// retire retires a plane beside the test, and tells when it has ended.
func (e *edge) retire(ctx context.Context) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.plane.Retire(ctx)
	}()
	return done
}

func chat(t *testing.T, e *edge) (net.Conn, *bufio.Reader) {
	t.Helper()
	c := e.dial(t)
	_, _ = io.WriteString(c, handshake("/ws"))
	r := bufio.NewReader(c)
	if response, err := http.ReadResponse(r, nil); err != nil || response.StatusCode != 101 {
		t.Fatal(response, err)
	}
	_, _ = r.ReadString('\n')
	return c, r
}

// A retired plane answers what is asked on the connections that it has, once
// each, and stays for its WebSockets.
func TestW2Retire(t *testing.T) {
	model := simple(t, rawApp(t, echoSocket))
	model.Storage = site.Storage{Type: "file", Path: filepath.Join(t.TempDir(), "cache.bin"), Size: 4 << 20}
	e := start(t, model)
	socket, talk := chat(t, e)
	kept, fresh, h2 := e.keepAlive(t), e.dial(t), e.client(t)
	if status, _, err := kept("/old", ""); status != 302 || err != nil {
		t.Fatal(status, err)
	}
	if status, _, err := h2.ask("/old", ""); status != 302 || err != nil {
		t.Fatal(status, err)
	}
	idle := e.dial(t)
	_, _ = io.WriteString(idle, request("GET", "/old"))
	read(t, bufio.NewReader(idle), "GET")
	done := e.retire(t.Context())
	eventually(t, "no longer accepted", func() bool {
		c, err := net.Dial("tcp", e.https)
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	if status, _, err := kept("/old", ""); status != 302 || err != nil {
		t.Errorf("a kept connection: %d %v", status, err)
	}
	if status, _, err := h2.ask("/old", ""); status != 302 || err != nil {
		t.Errorf("HTTP/2: %d %v", status, err)
	}
	_, _ = io.WriteString(fresh, request("GET", "/old"))
	if got := read(t, bufio.NewReader(fresh), "GET"); got.StatusCode != 302 || !got.Close {
		t.Errorf("a fresh connection: %d, close %v", got.StatusCode, got.Close)
	}
	if _, err := idle.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("an idle connection: %v", err)
	}
	if _, err := e.plane.Prepare(Model{Edge: e.model, Certificates: e.options.Certificates}); err == nil {
		t.Error("a retired plane takes another model")
	}
	_, _ = io.WriteString(socket, "still\n")
	if line, err := talk.ReadString('\n'); line != "still\n" || e.plane.WebSockets() != 1 {
		t.Errorf("%q %v, %d WebSockets", line, err, e.plane.WebSockets())
	}
	eventually(t, "no request under way", func() bool { return e.plane.Requests() == 0 })
	eventually(t, "the cache's file is another's to open", func() bool {
		store, err := httpcache.OpenFile(model.Storage.Path, model.Storage.Size)
		return err == nil && store.Close() == nil
	})
	select {
	case <-done:
		t.Error("retired before the last WebSocket ended")
	default:
	}
	socket.Close()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Error("not retired after the last WebSocket")
	}
}

func TestRetireHurried(t *testing.T) {
	e := start(t, simple(t, rawApp(t, echoSocket)))
	socket, talk := chat(t, e)
	ctx, cancel := context.WithCancel(t.Context())
	done := e.retire(ctx)
	_, _ = io.WriteString(socket, "still\n")
	if line, _ := talk.ReadString('\n'); line != "still\n" {
		t.Errorf("got %q", line)
	}
	cancel()
	<-done
	if _, err := talk.ReadByte(); err == nil {
		t.Error("the WebSocket goes on")
	}
}

// Planes come and go on duplicates of one listener: nobody is refused, and
// nothing is lost.
func TestP5Handover(t *testing.T) {
	backend := app(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RequestURI) })
	model := simple(t, backend)
	dir := shortDir(t)
	webPath, cachePath := filepath.Join(dir, "web.sock"), filepath.Join(dir, "cache.sock")
	cache, web, public := listen(t, "unix", cachePath), listen(t, "unix", webPath), listen(t, "tcp", "127.0.0.1:0")
	defer cache.Close()
	defer web.Close()
	defer public.Close()
	pair := signedFor(t, chatHost)
	// tiers starts a plane for each tier, all on the same sockets.
	tiers := func() []*edge {
		var out []*edge
		for _, roles := range []Roles{{Web: true}, {Cache: true}, {TLS: true}} {
			e := &edge{options: Options{Roles: roles, CachePath: cachePath, WebPath: webPath}}
			e.options.Edge = model
			switch {
			case roles.Web:
				e.options.Web = []net.Listener{copyOf(t, web)}
			case roles.Cache:
				e.options.Cache = []net.Listener{copyOf(t, cache)}
			default:
				e.options.HTTPS, e.options.Certificates = []net.Listener{copyOf(t, public)}, [][]tls.Certificate{{pair}}
			}
			e.run(t)
			if err := e.plane.Probe(t.Context()); err != nil {
				t.Fatal(err)
			}
			out = append(out, e)
		}
		return out
	}
	var retired []<-chan struct{}
	t.Cleanup(func() { // after the planes have been stopped
		for _, done := range retired {
			<-done
		}
	})
	old := tiers()
	ctx, cancel := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	defer clients.Wait()
	defer cancel()
	var asked atomic.Int64
	for n := range 8 {
		e := &edge{https: public.Addr().String()}
		clients.Go(func() {
			ask := e.keepAlive(t)
			for i := 0; ctx.Err() == nil; i++ {
				if n%2 == 0 {
					ask = e.keepAlive(t) // a connection for each
				}
				path := fmt.Sprintf("/%d-%d", n, i)
				if status, text, err := ask(path, ""); status != 200 || text != path || err != nil {
					t.Errorf("%s: %d %q %v", path, status, text, err)
					return
				}
				asked.Add(1)
			}
		})
	}
	for range 5 {
		next := tiers()
		before := asked.Load()
		eventually(t, "both serve", func() bool { return asked.Load() > before+50 })
		for _, e := range old {
			retired = append(retired, e.retire(t.Context()))
		}
		before = asked.Load()
		eventually(t, "the new one serves", func() bool { return asked.Load() > before+50 })
		old = next
	}
	cancel()
	clients.Wait()
	if n := asked.Load(); n < 500 {
		t.Errorf("%d requests", n)
	}
}

// The TLS tier turns to the standby at once where the cache tier refuses or is
// absent.
func TestP3StandbyPath(t *testing.T) {
	dir := shortDir(t)
	standbyPath, refusing := filepath.Join(dir, "standby.sock"), filepath.Join(dir, "refusing.sock")
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: refusing, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	dead.Close()
	model := simple(t, app(t, func(w http.ResponseWriter, r *http.Request) {}))
	standby := start(t, model, func(o *Options) {
		o.Roles, o.Cache, o.CacheMemory = Roles{Cache: true, Web: true}, []net.Listener{listen(t, "unix", standbyPath)}, 1<<20
	})
	for name, path := range map[string]string{"absent": filepath.Join(dir, "absent.sock"), "refuses": refusing} {
		t.Run(name, func(t *testing.T) {
			e := start(t, model, func(o *Options) { o.Roles, o.CachePath, o.StandbyPath = Roles{TLS: true}, path, standbyPath })
			if got := e.get(t, "/"); got.StatusCode != 200 {
				t.Errorf("got %d", got.StatusCode)
			}
		})
	}
	eventually(t, "logged by the standby", func() bool { return len(standby.records()) == 2 })
	e := start(t, model, func(o *Options) {
		o.Roles, o.CachePath, o.StandbyPath = Roles{TLS: true}, refusing, filepath.Join(dir, "absent.sock")
	})
	if got := e.get(t, "/"); got.StatusCode != 503 {
		t.Errorf("neither: %d", got.StatusCode)
	}
	eventually(t, "what no cache tier saw is logged", func() bool { return len(e.records()) == 1 })
}

// Probes count nowhere, and reach the plane that is asked.
func TestR5Probe(t *testing.T) {
	model := simple(t, app(t, func(w http.ResponseWriter, r *http.Request) {}))
	for name, roles := range mixes {
		t.Run(name, func(t *testing.T) {
			e := spread(t, model, roles)
			for range 10 {
				if err := e.plane.Probe(t.Context()); err != nil {
					t.Error(err)
				}
			}
			if n := len(e.records()); n > 0 || e.plane.Requests() != 0 {
				t.Errorf("%d lines, %d requests", n, e.plane.Requests())
			}
		})
	}
	stopped, err := New(Options{Model: Model{Edge: model}, Roles: Roles{Web: true}})
	if err != nil {
		t.Fatal(err)
	}
	stopped.Shutdown(t.Context())
	if err := stopped.Probe(t.Context()); err == nil {
		t.Error("a stopped plane is well")
	}
	if _, err := New(Options{Model: Model{Edge: model}, Roles: Roles{Web: true}, Cache: []net.Listener{listen(t, "tcp", "127.0.0.1:0")}}); err == nil {
		t.Error("a listener without its tier is taken")
	}
}
