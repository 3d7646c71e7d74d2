package control

import (
	"context"
	"time"

	"edgegen/internal/generation"
	"edgegen/internal/printable"
	"edgegen/internal/site"
	"edgegen/internal/tickets"
	"edgegen/internal/wait"
)

// ticketsPause is between a change of the keys of tickets that has failed and the next try.
const ticketsPause = time.Minute

// rotateTickets has a daemon that ends TLS read the keys of the next period when that
// begins, until ctx ends. A builtin tier looks at the clock itself.
func (e *Edge) rotateTickets(ctx context.Context) {
	for {
		now := time.Now()
		if !wait.For(ctx, tickets.Next(now).Sub(now)) {
			return
		}
		for readsTickets(e.Serving()) {
			err := e.changeServed(ctx)
			if err == nil {
				break
			}
			if ctx.Err() == nil {
				e.options.Log.Error("the keys of session tickets cannot be changed; it is tried again", "error", printable.FirstLine(err), "in", ticketsPause)
			}
			if !wait.For(ctx, ticketsPause) {
				return
			}
		}
	}
}

// readsTickets reports whether a daemon reads the keys of tickets from files.
func readsTickets(g *generation.Generation) bool {
	return g.Native(site.TLSTier) && len(g.Loaded.Edge.Sites) == 1 && g.TicketSecret != "" && !g.Loaded.Edge.Plain()
}
