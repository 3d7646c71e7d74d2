package vsm

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// heard is what a follower has handed over.
type heard struct {
	mu       sync.Mutex
	told     []string // NUMBER PARENT PIPE and the texts of its records
	troubles []error
}

func (h *heard) transaction(t *Transaction) {
	line := fmt.Sprint(t.ID, " ", t.Parent, " ", t.Pipe)
	for tag, text := range t.Records() {
		if tag != Begin && tag != End {
			line += " " + text
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told = append(h.told, line)
}

func (h *heard) trouble(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.troubles = append(h.troubles, err)
}

// took returns the troubles, and forgets all.
func (h *heard) took() []error {
	h.mu.Lock()
	defer h.mu.Unlock()
	troubles := h.troubles
	h.troubles, h.told = nil, nil
	return troubles
}

func (h *heard) want(t *testing.T, lines ...string) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.Equal(h.told, lines) {
		t.Errorf("told %q, want %q", h.told, lines)
	}
	if len(h.troubles) > 0 {
		t.Errorf("troubles: %v", h.troubles)
	}
	h.told = nil
}

func each(t *testing.T, f func(t *testing.T, one *layout)) {
	for _, one := range layouts() {
		t.Run(one.marker, func(t *testing.T) { f(t, &one) })
	}
}

// follow looks at a directory in a bubble, where time stands still until all wait.
func follow(t *testing.T, dir string, f func(*Follower, *heard)) {
	synctest.Test(t, func(*testing.T) {
		var h heard
		follower := Follow(dir, h.transaction, h.trouble)
		f(follower, &h)
		follower.Stop()
	})
}

func rounds(n int) { time.Sleep(time.Duration(n)*lookPause + readPause/2) }

func TestTransactions(t *testing.T) {
	each(t, func(t *testing.T, one *layout) {
		dir := t.TempDir()
		r := newRing(t, dir, "_.Log.1", one, 1000)
		r.put(r.request(2, "/before"))
		r.put(r.batch(r.record(Begin, 3, "req 1 rxreq")))
		follow(t, dir, func(_ *Follower, h *heard) {
			r.put(r.record(Other, 0, "varnishd's own"))
			r.put(r.request(4, "/whole"))
			r.put(r.batch(r.record(Begin, 6, "req 1 rxreq"), r.record(ReqURL, 6, "/in")))
			r.put(r.batch(r.record(Begin, 7, "bereq 6 fetch"), r.record(ReqURL, 7, "/fetched"), r.record(End, 7, "")))
			r.put(r.batch(r.record(Begin, 9, "bereq 8 pipe"), r.record(BackendOpen, 9, "20 app 127.0.0.1"), r.record(End, 9, "")))
			r.put(r.batch(r.record(Begin, 11, "sess 0 PROXY"), r.record(ReqStart, 11, "x"), r.record(End, 11, "")))
			r.put(r.batch(r.record(ReqURL, 5, "/lost its beginning"), r.record(End, 5, "")))
			rounds(1)
			r.put(r.record(ReqMethod, 6, "GET"))
			r.put(r.batch(r.record(ReqProtocol, 6, "HTTP/1.1"), r.record(End, 6, ""), r.record(Begin, 1<<29, "req 1 rxreq"), r.record(ReqURL, 1<<29, ""), r.record(End, 1<<29, "")))
			rounds(1)
			h.want(t, "4 1 false /whole", "9 8 true 20 app 127.0.0.1", "6 1 false /in GET HTTP/1.1", "536870912 1 false ")
		})
	})
}

// What is written in many rounds of the ring comes as a whole, and in its order.
func TestRoundAndRound(t *testing.T) {
	each(t, func(t *testing.T, one *layout) {
		dir := t.TempDir()
		follow(t, dir, func(f *Follower, h *heard) {
			r := newRing(t, dir, "_.Log.1", one, 100)
			var want []string
			for id := uint64(2); id < 2000; id += 2 {
				path := "/" + strings.Repeat("x", int(id*id%97))
				r.put(r.request(id, path))
				want = append(want, fmt.Sprintf("%d 1 false %s", id, path))
				if id%7 == 0 {
					if err := f.Look(); err != nil {
						t.Fatal(err)
					}
					f.mu.Lock()
					f.read()
					f.mu.Unlock()
				}
			}
			rounds(1)
			h.want(t, want...)
		})
	})
}

// A log that is written over unread is told of once, and read from there on.
func TestOverrun(t *testing.T) {
	each(t, func(t *testing.T, one *layout) {
		dir := t.TempDir()
		r := newRing(t, dir, "_.Log.1", one, 100)
		follow(t, dir, func(_ *Follower, h *heard) {
			r.put(r.batch(r.record(Begin, 2, "req 1 rxreq"), r.record(ReqURL, 2, "/torn")))
			rounds(1)
			for id := uint64(4); id < 400; id += 2 {
				r.put(r.request(id, "/lost"))
			}
			r.put(r.record(End, 2, ""))
			rounds(1)
			if troubles := h.took(); len(troubles) != 1 || !errors.Is(troubles[0], ErrLost) {
				t.Errorf("troubles: %v", troubles)
			}
			r.put(r.request(402, "/again"))
			rounds(1)
			h.want(t, "402 1 false /again")
		})
	})
}

// Another child has another log, of which nothing is missing; the rest of the one before
// is read even when its file has gone.
func TestAnotherChild(t *testing.T) {
	each(t, func(t *testing.T, one *layout) {
		dir := t.TempDir()
		follow(t, dir, func(f *Follower, h *heard) {
			rounds(1)
			r := newRing(t, dir, "_.Log.1", one, 100)
			r.put(r.request(2, "/first"))
			rounds(1)
			r.put(r.request(4, "/last"))
			if err := os.RemoveAll(filepath.Join(dir, childDir)); err != nil {
				t.Fatal(err)
			}
			next := newRing(t, dir, "_.Log.2", one, 100)
			next.put(next.request(2, "/of the next"))
			rounds(1)
			h.want(t, "2 1 false /first", "4 1 false /last", "2 1 false /of the next")
			f.Stay()
			next.put(next.request(4, "/still"))
			other := newRing(t, dir, "_.Log.3", one, 100)
			other.put(other.request(2, "/another's"))
			rounds(2)
			h.want(t, "4 1 false /still")
		})
	})
}

// What comes right before the end is not lost.
func TestStop(t *testing.T) {
	dir := t.TempDir()
	one := layouts()[0]
	var h heard
	synctest.Test(t, func(*testing.T) {
		f := Follow(dir, h.transaction, h.trouble)
		r := newRing(t, dir, "_.Log.1", &one, 100)
		r.put(r.request(2, "/"))
		f.Stop()
	})
	h.want(t, "2 1 false /")
}

func TestUnknownLogs(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(t *testing.T, path string, r *ring)
		want  string // "" where it may yet become one
	}{
		"of a later varnishd": {func(_ *testing.T, _ string, r *ring) { copy(r.head, "VSLHEAD9") }, `"VSLHEAD9", which edgegen cannot read`},
		"not made yet":        {func(_ *testing.T, _ string, r *ring) { copy(r.head, make([]byte, 8)) }, ""},
		"without a size":      {func(_ *testing.T, _ string, r *ring) { r.word(r.head[atSegsize:], 0) }, ""},
		"of an unlikely size": {func(_ *testing.T, _ string, r *ring) { r.word(r.head[atSegsize:], 1<<30) }, ""},
		"shorter than the index says": {func(t *testing.T, path string, _ *ring) {
			if err := os.Truncate(path, atLog+100); err != nil {
				t.Fatal(err)
			}
		}, ""},
		"a pipe that nobody writes to": {func(t *testing.T, path string, _ *ring) {
			if err := errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)); err != nil {
				t.Fatal(err)
			}
		}, ""},
		"outside": {func(t *testing.T, path string, _ *ring) {
			if err := errors.Join(os.Remove(path), os.Symlink("/dev/zero", path)); err != nil {
				t.Fatal(err)
			}
		}, "open varnishd's log"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			one := layouts()[0]
			r := newRing(t, dir, "_.Log.1", &one, 100)
			c.spoil(t, filepath.Join(dir, childDir, "_.Log.1"), r)
			follow(t, dir, func(f *Follower, h *heard) {
				rounds(3)
				err, troubles := f.Look(), h.took()
				if c.want == "" && (err != nil || len(troubles) > 0) {
					t.Errorf("%v, troubles %v", err, troubles)
				}
				if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || len(troubles) != 1) {
					t.Errorf("%v, troubles %v, want %q once", err, troubles, c.want)
				}
			})
		})
	}
}

// A log in which nothing is as it should be ends neither edgegen nor the reading of the next.
func TestDamage(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, path string, r *ring){
		"zeroes": func(_ *testing.T, _ string, r *ring) { clear(r.log) },
		"a record past the end": func(_ *testing.T, _ string, r *ring) {
			copy(r.log[4*r.next:], r.batch(make([]byte, 1<<20))[:8])
		},
		"cut off": func(t *testing.T, path string, _ *ring) {
			if err := os.Truncate(path, 0); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			one := layouts()[0]
			r := newRing(t, dir, "_.Log.1", &one, 4000)
			follow(t, dir, func(_ *Follower, h *heard) {
				spoil(t, filepath.Join(dir, childDir, "_.Log.1"), r)
				rounds(2)
				if troubles := h.took(); len(troubles) != 1 || !errors.Is(troubles[0], errDamaged) {
					t.Errorf("troubles: %v", troubles)
				}
				next := newRing(t, dir, "_.Log.2", &one, 100)
				next.put(next.request(2, "/"))
				rounds(1)
				h.want(t, "2 1 false /")
			})
		})
	}
}

// BenchmarkRead reads answers from the cache, as varnishd 7.1 tells of them.
func BenchmarkRead(b *testing.B) {
	dir := b.TempDir()
	one := layouts()[0]
	r := newRing(b, dir, "_.Log.1", &one, 1<<20)
	var h int
	f := Follow(dir, func(t *Transaction) {
		for _, text := range t.Records() {
			h += len(text)
		}
	}, func(err error) { b.Error(err) })
	defer f.Stop()
	hit := r.batch(r.record(Begin, 2, "req 1 rxreq"), r.record(Timestamp, 2, "Start: 1795419661.070280 0.000000 0.000000"),
		r.record(Timestamp, 2, "Req: 1795419661.070280 0.000000 0.000000"), r.record(ReqStart, 2, "10.0.0.1 1234 edge"), r.record(ReqMethod, 2, "GET"),
		r.record(ReqURL, 2, "/a?b"), r.record(ReqProtocol, 2, "HTTP/1.1"), r.record(VCLLog, 2, "edge-asker:192.0.2.7 123456789-123456789-32770"),
		r.record(Timestamp, 2, "Resp: 1795419661.070280 0.000000 0.000000"), r.record(ReqAcct, 2, "100 0 100 200 1024 1224"), r.record(End, 2, ""))
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		r.put(hit)
		if n%1000 == 0 {
			f.mu.Lock()
			f.read()
			f.mu.Unlock()
		}
	}
}

// FuzzTake holds that nothing which stands in a log hurts, however it is cut.
func FuzzTake(f *testing.F) {
	for i, one := range layouts() {
		r := &ring{layout: &one}
		f.Add(r.request(2, "/")[4*one.overhead:], i == 1, 9)
	}
	f.Fuzz(func(t *testing.T, raw []byte, later bool, cut int) {
		one := layouts()[0]
		if later {
			one = layouts()[1]
		}
		var h heard
		a := assembler{layout: &one, open: make(map[uint64][]byte)}
		cut = min(max(0, cut), len(raw))
		a.take(bytes.Clone(raw[:cut]), h.transaction)
		a.take(bytes.Clone(raw[cut:]), h.transaction)
	})
}
