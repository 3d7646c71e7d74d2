package control

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// D3: a daemon reads new keys at noon and midnight, by a clock that the test moves. What
// fails is tried again after a minute, and who reads none is left alone.
func TestD3Rotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now() // midnight, in the bubble of the test
		var changes []time.Duration
		reads := true
		r := rotation{log: slog.New(slog.DiscardHandler), reads: func() bool { return reads }, change: func(context.Context) error {
			changes = append(changes, time.Since(began))
			if n := len(changes); n == 2 || n == 3 {
				return errors.New("refused")
			}
			return nil
		}}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			r.run(ctx)
		}()
		time.Sleep(30 * time.Hour)
		synctest.Wait()
		reads = false
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		want := []time.Duration{12 * time.Hour, 24 * time.Hour, 24*time.Hour + time.Minute, 24*time.Hour + 2*time.Minute}
		if !slices.Equal(changes, want) {
			t.Errorf("keys change after %v, want %v", changes, want)
		}
		cancel()
		<-ended
	})
}
