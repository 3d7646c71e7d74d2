package apps

import (
	"errors"
	"log/slog"
	"testing"

	"edgegen/internal/site"
	"edgegen/internal/tiers"
)

// blind is a server that cannot tell where its WebSockets go.
type blind struct{ tiers.Server }

func (blind) WebSocketsTo() (map[string]int, error) {
	return nil, errors.New("it does not answer")
}

// An app stays where it cannot be learnt whether anybody needs it.
func TestUnusedAppStaysWhileUnknown(t *testing.T) {
	house := tiers.New(t.Context(), tiers.Options{Log: slog.New(slog.DiscardHandler)}, nil)
	k := New(house, 0)
	old := &app{backend: &site.Backend{Servers: []site.Server{{Host: "127.0.0.1", Port: 1}}}}
	if k.needed(old) {
		t.Error("nobody needs it")
	}
	house.Serve(nil, []tiers.Server{blind{}})
	if !k.needed(old) {
		t.Error("it is not known that nobody needs it")
	}
}
