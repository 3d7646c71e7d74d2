package control

import (
	"errors"
	"os"
	"path/filepath"

	"edgegen/internal/unixsocket"
)

// innerSocket is a socket between the tiers that a process serves.
type innerSocket struct {
	path string
	file *os.File
}

// unreached returns the paths of those sockets that cannot be reached by them any more.
func (e *house) unreached(sockets []innerSocket) (missing []string) {
	for _, s := range sockets {
		if !unixsocket.Is(s.path) || e.inner[s.path] != s.file {
			missing = append(missing, s.path)
		}
	}
	return missing
}

func (n *nginxServer) missing() []string {
	missing := n.house.unreached(n.inner)
	if n.runs() {
		missing = append(missing, notThere(filepath.Join(n.house.layout.NginxTemp(), "body"))...) // which nginx made
	}
	return missing
}

func (s *stunnelServer) missing() []string {
	if s.program == nil || !s.runs() {
		return nil // a start makes what it needs
	}
	return s.program.Missing()
}

func (v *varnishServer) missing() []string {
	if v.madeWay.Load() {
		return []string{v.house.layout.VarnishDir()}
	}
	if v.native == nil || !v.runs() {
		return nil
	}
	layout := v.house.layout
	return notThere(layout.VarnishSocket(), layout.VarnishPlain(), layout.CacheProbe())
}

func (p *plane) missing() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.house.unreached(p.inner)
}

// standInMissing lists what the stand-in lacks; there may be none.
func (d *daemon) standInMissing() []string {
	d.mu.Lock()
	stand := d.standIn
	d.mu.Unlock()
	if stand == nil {
		return nil
	}
	return stand.missing()
}

// notThere returns the paths at which nothing is.
func notThere(paths ...string) (missing []string) {
	for _, path := range paths {
		if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
			missing = append(missing, path)
		}
	}
	return missing
}
