package dataplane

import (
	"context"
	"time"
)

// lastWait is how long a connection that is to end still waits for a request. A client
// that is just sending one gets its answer.
const lastWait = 5 * time.Second

// Retire stops accepting. Every connection ends after its next answer, or when
// none was asked for within five seconds; WebSockets stay for as long as they
// live. A connection that a TLS tier relays to another process ends when that
// process or the client ends it. Retire returns when the last has ended, as
// Run does then; when ctx ends first, it ends them as Shutdown does.
func (p *Plane) Retire(ctx context.Context) {
	p.retiring.Store(true)
	p.shut()
	ended := make(chan struct{})
	go func() {
		p.tasks.Wait()
		close(ended)
	}()
	patience := time.NewTimer(lastWait)
	defer patience.Stop()
	for {
		select {
		case <-patience.C:
			p.track.closeWaiting()
			p.leaveStorage()
			p.track.leave()
			continue
		case <-ctx.Done():
		case <-p.gone:
		case <-ended:
		}
		p.Shutdown(ctx)
		<-ended
		return
	}
}

// leaveStorage closes the cache's file, which WebSockets do not need. It waits until nobody
// reads from the file; a request that comes afterwards is fetched from the app.
func (p *Plane) leaveStorage() {
	if err := p.model.Load().storage.Close(nil, false); err != nil {
		p.log.Warn("cannot close the cache's storage", "error", err)
	}
}

// shut closes every listener for good.
func (p *Plane) shut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	err := closeDoors(p.doors)
	if q := p.prepared; q != nil {
		q.settle()
	}
	if err != nil {
		p.log.Warn("cannot close listeners", "error", err)
	}
}

// lastOne reports whether a connection that came through a door is to end after its next
// answer. While load balancers are told to send nobody here, clients come again on
// another connection, which leads elsewhere.
func (p *Plane) lastOne(d *door) bool {
	return p.stopping.Load() || p.retiring.Load() || d != nil && d.closing.Load() || p.model.Load().isAway()
}
