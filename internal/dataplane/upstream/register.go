package upstream

import (
	"sync"
	"weak"
)

// Register counts what servers have in work, for as long as a group or an exchange
// has them: also those of groups that were closed. The zero value is ready to use,
// from any goroutine.
type Register struct {
	mu      sync.Mutex
	servers map[weak.Pointer[server]]struct{}
	watched map[weak.Pointer[Group]]struct{} // whose servers change
}

// Add notes the servers of a group; those of a group that is told of others, also
// the ones that it has when Open is called. Those that are noted already are counted
// once.
func (r *Register) Add(g *Group) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.servers == nil {
		r.servers = make(map[weak.Pointer[server]]struct{})
		r.watched = make(map[weak.Pointer[Group]]struct{})
	}
	now := g.now()
	if now.watched {
		r.watched[weak.Make(g)] = struct{}{}
	}
	r.note(now)
}

func (r *Register) note(now *roster) {
	for _, s := range now.servers {
		r.servers[weak.Make(s)] = struct{}{}
	}
}

// Open counts the requests in work and the connections that were switched to
// another protocol, by the server's address. A request is in work until its
// response was read or closed; while its body comes in before a server is chosen,
// each server of the group has it.
func (r *Register) Open() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	for noted := range r.watched {
		if g := noted.Value(); g != nil {
			r.note(g.now())
		} else {
			delete(r.watched, noted)
		}
	}
	open := make(map[string]int)
	for noted := range r.servers {
		s := noted.Value()
		if s == nil {
			delete(r.servers, noted)
			continue
		}
		if n := s.open.Load(); n > 0 {
			open[s.Address.Address] += int(n)
		}
	}
	return open
}
