package httpcache

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// accounts are what a store has reserved for bodies under way.
func (s *Store) accounts() [2]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return [2]int64{s.pending, s.trailing}
}

func TestSpoolLaggard(t *testing.T) {
	store := NewStore(1 << 20) // 128 KiB an object, as much for who is slow
	spool := NewSpool(store, func() {})
	laggard, _ := spool.Reader(context.Background())
	slow, _ := spool.Reader(context.Background())
	fast, _ := spool.Reader(context.Background())
	const size = 4 << 20
	done := make(chan error, 1)
	go func() { done <- spool.Fill(io.LimitReader(zeros{context.Background()}, size), -1) }()
	buffer := make([]byte, 16<<10)
	for read := 0; read < size; read += len(buffer) {
		if _, err := io.ReadFull(fast, buffer); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(slow, buffer); err != nil {
			t.Fatalf("who is not far behind is left behind at %d: %v", read, err)
		}
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n, err := io.Copy(io.Discard, laggard); !errors.Is(err, errLeft) {
		t.Errorf("the laggard gets %d bytes, %v", n, err)
	}
	if got := store.accounts(); got[0] != 0 || got[1] > 128<<10 {
		t.Errorf("%d bytes reserved, %d trail", got[0], got[1])
	}
	for _, r := range []*SpoolReader{laggard, slow, fast} {
		r.Close()
	}
	if got := store.accounts(); got != [2]int64{} {
		t.Errorf("%v bytes are still accounted for", got)
	}
}

// While there is room for it, who is slow keeps what it has still to read.
func TestSpoolSlowButSteady(t *testing.T) {
	store := NewStore(64 << 20) // 8 MiB trail
	spool := NewSpool(store, func() {})
	slow, _ := spool.Reader(context.Background())
	fast, _ := spool.Reader(context.Background())
	const size = 12 << 20
	go func() {
		_, _ = io.CopyN(io.Discard, slow, 6<<20)
		_, _ = io.Copy(io.Discard, fast)
		fast.Close()
	}()
	_ = spool.Fill(io.LimitReader(zeros{context.Background()}, size), -1)
	if got := store.accounts(); got[0] != 0 || got[1] == 0 {
		t.Errorf("%d bytes reserved, %d trail", got[0], got[1])
	}
	if n, err := io.Copy(io.Discard, slow); n != 6<<20 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	slow.Close()
	if got := store.accounts(); got != [2]int64{} {
		t.Errorf("%v bytes are still accounted for", got)
	}
}

// A body that its only reader does not read reserves little, and that not for long.
func TestSpoolUnread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := NewStore(64 << 20)
		ctx, stop := context.WithCancel(context.Background())
		spool := NewSpool(store, stop)
		r, _ := spool.Reader(context.Background())
		done := make(chan error, 1)
		go func() { done <- spool.Fill(zeros{ctx}, -1) }()
		synctest.Wait()
		if got := store.accounts()[0]; got == 0 || got > 1<<20 {
			t.Errorf("%d bytes reserved", got)
		}
		time.Sleep(patience + time.Second)
		synctest.Wait()
		if got := store.accounts()[0]; got != 0 {
			t.Errorf("%d bytes are still reserved", got)
		}
		r.Close()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}
