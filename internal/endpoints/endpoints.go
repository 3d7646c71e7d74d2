// Package endpoints leads requests to the backends that are looked after: what `backends`
// finds out about them becomes groups of connections, by which all tiers ask.
package endpoints

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"edgegen/internal/backends"
	"edgegen/internal/dataplane/fastcgi"
	"edgegen/internal/dataplane/upstream"
	"edgegen/internal/generation"
	"edgegen/internal/site"
)

// Watched is what an edge knows of the backends that it looks after, and for each of
// them the group of connections by which all tiers ask it. A group lives as long as the
// edge, so that requests in it go on through every reload.
type Watched struct {
	Watch *backends.Watch // what looks after them, for a generation that is made
	log   *slog.Logger

	mu     sync.Mutex
	groups map[string]*upstream.Group // by site.BackendID
	edge   *site.Edge                 // that is in use
}

// New begins to look after backends. What is to last is kept in the state directory.
func New(stateDir string, log *slog.Logger) *Watched {
	secret := func() ([]byte, error) { return stickySecret(stateDir) }
	w := &Watched{log: log, groups: make(map[string]*upstream.Group)}
	w.Watch = backends.New(backends.Options{Log: log.With("from", "backends"), Secret: secret, FastCGI: askScript, Changed: w.changed})
	return w
}

// Close stops looking after backends; nil has none.
func (w *Watched) Close() {
	if w != nil {
		w.Watch.Close()
	}
}

// Use leads requests to the servers of a generation, where there are any to look
// after.
func (w *Watched) Use(g *generation.Generation) {
	if g.Backends == nil {
		return
	}
	w.mu.Lock()
	w.edge = g.Loaded.Edge
	w.mu.Unlock()
	g.Backends.Use()
}

// Of returns the groups of a generation's backends.
func (w *Watched) Of(g *generation.Generation) map[string]*upstream.Group {
	var names []string
	for _, id := range g.Backends.IDs() {
		names = append(names, site.BackendID(id.Site, id.Name))
	}
	return w.Named(names)
}

// Named returns the groups of backends by their names.
func (w *Watched) Named(names []string) map[string]*upstream.Group {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make(map[string]*upstream.Group)
	for _, name := range names {
		all[name] = w.group(name)
	}
	return all
}

// group returns the group of a backend; the lock is held.
func (w *Watched) group(name string) *upstream.Group {
	if w.groups[name] == nil {
		w.groups[name] = upstream.NewWatched()
	}
	return w.groups[name]
}

// changed tells a group of its endpoints.
func (w *Watched) changed(id backends.ID, endpoints []backends.Endpoint, why string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b, ok := backendIn(w.edge, id)
	if !ok {
		return
	}
	policy := upstream.Policy{Why: why, FastCGI: w.fastcgi(b, id)}
	switch b.Balance {
	case site.LeastConnections:
		policy.Balance = upstream.LeastBusy
	case site.ClientHash:
		policy.Balance = upstream.ByClient
	}
	if b.Sticky != nil {
		policy.Cookie, policy.Lifetime = b.Sticky.Cookie, b.Sticky.TTL
	}
	all := make([]upstream.Endpoint, 0, len(endpoints))
	for _, e := range endpoints {
		all = append(all, upstream.Endpoint{
			Address: upstream.Address{Network: e.Network, Address: e.Address, First: e.First, Second: e.Second},
			Secure:  e.Secure, Token: e.Token, Weight: e.Weight, Backup: e.Backup, Most: e.MaxConnections,
			Unwell: e.State == backends.Unwell, Untried: e.State == backends.Waiting, Well: e.State == backends.Well,
		})
	}
	w.group(site.BackendID(id.Site, id.Name)).Set(all, policy)
}

func backendIn(edge *site.Edge, id backends.ID) (*site.Backend, bool) {
	for i := range edge.Sites {
		if edge.Sites[i].Host == id.Site {
			return edge.Sites[i].BackendByName(id.Name)
		}
	}
	return nil, false
}

// stickySecret is the secret with which the cookies of sticky backends are made. It is
// kept in the state directory, so that clients find their servers again after a restart.
func stickySecret(stateDir string) ([]byte, error) {
	path := filepath.Join(stateDir, "sticky.key")
	text, err := os.ReadFile(path)
	if secret, bad := hex.DecodeString(strings.TrimSpace(string(text))); err == nil && bad == nil && len(secret) == 32 {
		return secret, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the secret of sticky cookies: %w", err)
	}
	secret := make([]byte, 32)
	rand.Read(secret) // never fails
	if err := os.WriteFile(path, []byte(hex.EncodeToString(secret)+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("keep the secret of sticky cookies: %w", err)
	}
	return secret, nil
}

// fastcgi is how to ask a backend that speaks FastCGI; nil for any other backend. The
// lock is held.
func (w *Watched) fastcgi(b *site.Backend, id backends.ID) *fastcgi.App {
	if b.FastCGI == nil {
		return nil
	}
	app := appOf(b.FastCGI)
	if port := strings.TrimPrefix(w.edge.RedirectPort(), ":"); port != "" {
		app.SecurePort = port
	}
	if w.edge.Plain() && len(w.edge.HTTP) > 0 {
		app.PlainPort = strconv.Itoa(int(w.edge.HTTP[0].Address.Port()))
	}
	from := id.Name + " of " + id.Site
	app.Stderr = func(line string) { w.log.Warn(line, "from", from) }
	return app
}

func appOf(f *site.FastCGI) *fastcgi.App {
	return &fastcgi.App{Root: f.Root, Index: f.Index, Params: f.Params, SecurePort: "443", PlainPort: "80"}
}

// askScript asks whether an app is well.
func askScript(conn io.ReadWriter, f *site.FastCGI, host, target string) (int, error) {
	return appOf(f).Status(conn, host, target)
}
