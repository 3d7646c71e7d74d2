package gate

import (
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestA4Take holds GCRA: a burst and one more, then as often as the rate says.
func TestA4Take(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(100*time.Millisecond, 2)
		defer l.close()
		client := l.Client(netip.MustParseAddr("192.0.2.1"))
		for i, step := range []struct{ after, wait time.Duration }{
			{0, 0}, {0, 0}, {0, 0}, {0, 100 * time.Millisecond}, {60 * time.Millisecond, 40 * time.Millisecond},
			{40 * time.Millisecond, 0}, {0, 100 * time.Millisecond}, {200 * time.Millisecond, 0}, {0, 0}, {0, 100 * time.Millisecond},
			{time.Hour, 0}, {0, 0}, {0, 0}, {0, 100 * time.Millisecond},
		} {
			time.Sleep(step.after)
			if wait := l.Take(client); wait != step.wait {
				t.Errorf("step %d: wait %v, want %v", i, wait, step.wait)
			}
		}
		if wait := l.Take(l.Client(netip.MustParseAddr("192.0.2.2"))); wait != 0 {
			t.Errorf("another client waits %v", wait)
		}
	})
}

// TestA4Keys holds who is one client.
func TestA4Keys(t *testing.T) {
	l := newLimiter(time.Second, 0)
	defer l.close()
	address := func(text string) Key { return l.Client(netip.MustParseAddr(text)) }
	if address("2001:db8::1") != address("2001:db8::ffff:1") || address("2001:db8::1") == address("2001:db8:0:1::1") {
		t.Error("of IPv6, 64 bits are one client")
	}
	if address("192.0.2.1") == address("192.0.2.2") || address("192.0.2.1") == address("::c000:201") {
		t.Error("IPv4 addresses are clients of their own")
	}
	if first, again := l.Text("a"), l.Text("a"); first == l.Text("b") || first != again {
		t.Error("a text is a client of its own")
	}
}

// TestA4Crowd holds that no client gets more than its burst and one, whoever asks
// beside it.
func TestA4Crowd(t *testing.T) {
	const clients, burst, threads = 50, 20, 32
	l := newLimiter(time.Hour, burst)
	defer l.close()
	var taken [clients]atomic.Int64
	var all sync.WaitGroup
	for range threads {
		all.Go(func() {
			for range 40 {
				for i := range clients {
					if l.Take(l.Text(fmt.Sprint(i))) == 0 {
						taken[i].Add(1)
					}
				}
			}
		})
	}
	all.Wait()
	for i := range taken {
		if got := taken[i].Load(); got != burst+1 {
			t.Errorf("client %d came %d times, want %d", i, got, burst+1)
		}
	}
}

// TestA4Memory holds what clients cost, and that they are forgotten.
func TestA4Memory(t *testing.T) {
	const clients, most = 100_000, 100
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(time.Second, 10)
		defer l.close()
		before := allocated()
		for i := range clients {
			l.Take(l.Client(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})))
		}
		if got := l.Clients(); got != clients {
			t.Fatalf("%d clients", got)
		}
		each := float64(allocated()-before) / clients
		t.Logf("%.1f bytes a client", each)
		if each > most {
			t.Errorf("a client costs %.1f bytes, more than %d", each, most)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := l.Clients(); got != 0 {
			t.Errorf("%d clients are left", got)
		}
		if left := float64(allocated()-before) / clients; left > 1 {
			t.Errorf("of each client %.1f bytes are left", left)
		}
		runtime.KeepAlive(l)
	})
}

func allocated() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestA4Flood holds that made-up clients cost no more than a limit, and forget no
// one who asks too much.
func TestA4Flood(t *testing.T) {
	l := newLimiter(time.Hour, 1)
	defer l.close()
	s := &l.shards[0]
	s.due = make(map[Key]time.Duration)
	for i := range 1000 {
		s.due[l.Text(fmt.Sprint(i))] = time.Duration(1 + i%100)
	}
	greedy := l.Text("greedy")
	s.due[greedy] = time.Hour
	for range 900 {
		s.forgetOne()
	}
	if _, known := s.due[greedy]; len(s.due) != 101 || !known {
		t.Errorf("%d are left, the greedy one: %t", len(s.due), known)
	}
}

func BenchmarkTake(b *testing.B) {
	l := newLimiter(time.Microsecond, 1<<16)
	defer l.close()
	b.RunParallel(func(pb *testing.PB) {
		client := l.Client(netip.MustParseAddr("192.0.2.1"))
		for pb.Next() {
			l.Take(client)
		}
	})
}
