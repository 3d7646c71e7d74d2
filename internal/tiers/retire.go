package tiers

import (
	"context"
	"slices"
)

// What becomes of servers that do not serve the next generation.

// PrepareToLeave makes servers ready to be retired, while they still are the only ones that
// take connections.
func PrepareToLeave(ctx context.Context, servers []Server) error {
	for _, s := range servers {
		if l, ok := s.(leaver); ok {
			if err := l.leaving(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// Stay undoes PrepareToLeave.
func Stay(servers []Server) {
	for _, s := range servers {
		if l, ok := s.(leaver); ok {
			l.stays()
		}
	}
}

// MakeWay has servers leave their places in the runtime directory to others of their kind.
func MakeWay(servers []Server) {
	for _, s := range servers {
		if w, ok := s.(inTheWay); ok {
			w.makeWay()
		}
	}
}

// Retire has servers take nothing new and end by themselves. Some of them have made way.
func Retire(servers, madeWay []Server) {
	for _, s := range servers {
		if w, ok := s.(inTheWay); ok && slices.Contains(madeWay, s) {
			w.fade()
		} else {
			s.retire()
		}
	}
}

// WebSocketsOf counts the WebSockets that end when a server is retired.
func WebSocketsOf(s Server) (int, error) {
	if p, ok := s.(piper); ok {
		return p.webSockets()
	}
	return 0, nil
}
