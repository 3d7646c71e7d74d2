package cluster

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"edgegen/internal/site"
)

// ForgetKind is the message by which a member has the owner of keys forget what it has
// stored under them.
const ForgetKind = "forget"

type forgetting struct {
	Keys []string `json:"keys"`
}

// Forget has the owners of what is stored under keys forget that, as an unsafe request has
// changed it (RFC 9111, 4.4). url names what they have in common, as site.Purge has it: an
// owner that cannot be told carries out a purge of it when it is back.
func (c *Cluster) Forget(ctx context.Context, url string, keys []string) {
	of := map[*member]*forgetting{}
	for _, key := range keys {
		if o := c.Owner(key); o != nil {
			if of[o.member] == nil {
				of[o.member] = &forgetting{}
			}
			of[o.member].Keys = append(of[o.member].Keys, key)
		}
	}
	var told sync.WaitGroup
	for m, what := range of {
		told.Go(func() {
			if err := m.tell(ctx, ForgetKind, what, nil, c.options.Patient); err != nil {
				c.down(m, err)
				c.purges.add(time.Now(), record{ID: rand.Text(), At: time.Now(), What: site.Purge{URL: url}})
			}
		})
	}
	told.Wait()
}

// Forgotten reads such a message.
func Forgotten(message []byte) (keys []string, err error) {
	var what forgetting
	if err := json.Unmarshal(message, &what); err != nil {
		return nil, fmt.Errorf("read a member's message: %w", err)
	}
	return what.Keys, nil
}
