package native

import (
	"strings"
	"sync"
)

// appServers knows what address a VCL means by the name of one of its backends.
// The zero value knows none.
type appServers struct {
	mu    sync.Mutex
	named map[string]string // "VCL.BACKEND" to "host:port" or "unix:/path"
}

func (a *appServers) learn(p vclProgram) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.named == nil {
		a.named = make(map[string]string)
	}
	for name, address := range p.servers {
		a.named[p.name+"."+name] = address
	}
}

// keep forgets the VCLs that are not among those.
func (a *appServers) keep(held []VCL) {
	a.mu.Lock()
	defer a.mu.Unlock()
	there := make(map[string]bool)
	for _, vcl := range held {
		there[vcl.Name] = true
	}
	for name := range a.named {
		if vcl, _, _ := strings.Cut(name, "."); !there[vcl] {
			delete(a.named, name)
		}
	}
}

// Pipes counts the open WebSockets by the address of the app's server, which is
// "host:port" or "unix:/path". One that runs on in an old VCL counts too, as
// varnishd frees that after the last of them.
func (v *Varnish) Pipes() (map[string]int, error) {
	counters, err := v.counters.Read("VBE.*.conn")
	if err != nil {
		return nil, err
	}
	v.servers.mu.Lock()
	defer v.servers.mu.Unlock()
	open := make(map[string]int)
	for name, n := range counters {
		backend := strings.TrimSuffix(strings.TrimPrefix(name, "VBE."), ".conn")
		if address, known := v.servers.named[backend]; known {
			open[address] += n
		}
	}
	return open, nil
}
