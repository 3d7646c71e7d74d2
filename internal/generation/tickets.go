package generation

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"edgegen/internal/atomicfile"
	"edgegen/internal/render"
	"edgegen/internal/site"
	"edgegen/internal/statedir"
	"edgegen/internal/tickets"
	"edgegen/internal/vault"
)

// ticketsName is what edges keep the secret under that their tickets' keys follow from.
const ticketsName = "tickets/secret"

// ticketSecret is what the keys of session tickets follow from: the secret of a cluster, or
// else one that the first edge puts into the store. It is kept in the state directory
// too, so that an edge whose store is away has it after a restart.
func ticketSecret(ctx context.Context, edge *site.Edge, stateDir string) (string, error) {
	if edge.Cluster != nil {
		return edge.Cluster.Secret, nil
	}
	place := edge.ACME.Store
	if place == "" || edge.Plain() {
		return "", nil
	}
	sum := sha256.Sum256([]byte(place))
	file := filepath.Join(statedir.ACMEDir(stateDir), "tickets-"+hex.EncodeToString(sum[:8]))
	if text, err := os.ReadFile(file); err == nil && goodSecret(text) {
		return string(text), nil
	}
	v, err := vault.Open(place)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, takeTime)
	defer cancel()
	text, err := v.Read(ctx, ticketsName)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !goodSecret(text) {
		text, err = makeSecret(ctx, v)
	}
	if err != nil {
		return "", err
	}
	if err := atomicfile.MakePrivate(filepath.Dir(file)); err != nil {
		return "", fmt.Errorf("keep the secret of session tickets: %w", err)
	}
	return string(text), atomicfile.Write(file, text, 0o600)
}

// goodSecret reports whether a text is a secret as makeSecret makes one, whole.
func goodSecret(text []byte) bool {
	return len(text) == 64 && strings.Trim(string(text), "0123456789abcdef") == ""
}

// makeSecret makes the secret, unless another edge has done so meanwhile.
func makeSecret(ctx context.Context, v vault.Vault) ([]byte, error) {
	held, release, err := v.Lock(ctx, ticketsName)
	if err != nil {
		return nil, err
	}
	defer release()
	text, err := v.Read(held, ticketsName)
	if err == nil && goodSecret(text) || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return text, err
	}
	bytes := make([]byte, 32)
	if _, err := rand.Read(bytes); err != nil {
		return nil, err
	}
	text = []byte(hex.EncodeToString(bytes))
	return text, v.Write(held, ticketsName, text)
}

// Tickets are the keys of session tickets, for the daemon that ends TLS; nil where that has
// its own.
func (g *Generation) Tickets() [][]byte {
	if g.Loaded.Edge.Plain() {
		return nil
	}
	return tickets.Keys(g.TicketSecret, render.TicketUse(g.Loaded.Edge, g.Engines[site.TLSTier].Engine), render.TicketKey, time.Now())
}
