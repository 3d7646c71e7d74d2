package native

import (
	"os"
	"strings"
	"sync"
)

// appServers knows what address a VCL means by the name of one of its backends.
// The zero value knows none.
type appServers struct {
	mu    sync.Mutex
	named map[string]string // "VCL.BACKEND" to "host:port" or "unix:/path"
}

var serversLine = pattern(`edge-servers:([^"]+)"`)

// learn reads the lines of a VCL that tell the access log the same.
func (a *appServers) learn(vcl string, text []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.named == nil {
		a.named = make(map[string]string)
	}
	for _, line := range serversLine().FindAllSubmatch(text, -1) {
		for pair := range strings.FieldsSeq(string(line[1])) {
			if name, address, ok := strings.Cut(pair, "="); ok {
				a.named[vcl+"."+name] = plainAddress(address)
			}
		}
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

func (v *Varnish) learnServers(vcl, file string) {
	text, err := os.ReadFile(file)
	if err == nil { // otherwise varnishd complains, or the pipes cannot be told apart
		v.servers.learn(vcl, text)
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
