package pipe

import (
	"log/slog"
	"net"
	"sync"

	"edgegen/internal/dataplane/socket"
	"edgegen/internal/dataplane/tasks"
)

// Room is what pipes have in common. Its fields are set before the first pipe, and not
// changed after that.
type Room struct {
	// Tasks runs the goroutines of pipes in which something moves.
	Tasks *tasks.Group
	// Survive is deferred in each of these goroutines, and recovers from a fault there.
	Survive func(peer net.Conn)
	// Small and Large are of *[]byte: to wait with for what comes by TLS, and to copy by.
	Small, Large *sync.Pool

	poller func() *socket.Poller // it may return nil
}

// Open makes ready what tells when something moves again in pipes that rest. Without it, of
// which log is warned, each direction has a goroutine.
func (r *Room) Open(log *slog.Logger) {
	r.poller = sync.OnceValue(func() *socket.Poller {
		poller, err := socket.NewPoller()
		if err != nil {
			log.Warn("idle WebSockets need more memory", "error", err)
			return nil
		}
		return poller
	})
}

// Close is called when every pipe's connections are closed, so that those pipes end that
// rest.
func (r *Room) Close() {
	if poller := r.poller(); poller != nil {
		poller.Close()
	}
}
