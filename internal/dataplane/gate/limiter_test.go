package gate

import (
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// TestA4Take holds GCRA: a burst and one more, then as often as the rate says.
func TestA4Take(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := limiter(t, 100*time.Millisecond, 2)
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
	l := limiter(t, time.Second, 0)
	address := func(text string) Key { return l.Client(netip.MustParseAddr(text)) }
	if address("2001:db8::1") != address("2001:db8::ffff:1") || address("2001:db8::1") == address("2001:db8:0:1::1") {
		t.Error("of IPv6, 64 bits are one client")
	}
	if address("192.0.2.1") == address("192.0.2.2") || address("192.0.2.1") == address("::c000:201") {
		t.Error("IPv4 addresses are clients of their own")
	}
	if address("192.0.2.1") != address("::ffff:192.0.2.1") {
		t.Error("IPv4 within IPv6 is IPv4")
	}
	if first, again := l.Text("a"), l.Text("a"); first == l.Text("b") || first != again {
		t.Error("a text is a client of its own")
	}
}

// TestA4Crowd holds that no client gets more than its burst and one, whoever asks
// beside it.
func TestA4Crowd(t *testing.T) {
	const clients, burst, threads = 50, 20, 32
	l := limiter(t, time.Hour, burst)
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
	const most = 100
	for _, clients := range []int{20_000, 100_000, 300_000} {
		synctest.Test(t, func(t *testing.T) {
			l := limiter(t, time.Second, 10)
			for i := range clients {
				l.Take(l.Client(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})))
			}
			if got := clientsOf(l.keeper); got != clients {
				t.Fatalf("%d clients", got)
			}
			each := float64(taken(t, l)) / float64(clients)
			t.Logf("%d clients: %.1f bytes each", clients, each)
			if each > most {
				t.Errorf("a client costs %.1f bytes, more than %d", each, most)
			}
			time.Sleep(3 * sweepPause)
			synctest.Wait()
			if got := clientsOf(l.keeper); got != 0 {
				t.Errorf("%d clients are left", got)
			}
			if left := taken(t, l); left > 128<<10 {
				t.Errorf("%d bytes are left", left)
			}
		})
	}
}

// taken is how much memory the kernel has given.
func taken(t *testing.T, l *Limiter) int64 {
	t.Helper()
	_, file := l.keeper.counts()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return 512 * info.Sys().(*syscall.Stat_t).Blocks
}

// TestA4Flood holds that made-up clients cost no more than a limit, and forget few who
// ask too much.
func TestA4Flood(t *testing.T) {
	const greedy, more = 100, 20_000
	l := limiter(t, time.Hour, 9)
	table, _ := l.keeper.counts()
	table.head.levels.Store(mostLevels)
	for level := range mostLevels {
		for n := range uint64(firstBuckets << level) {
			bucket := table.bucket(level, n<<(levelShift*level))
			for i := range bucket {
				bucket[i].client.Store(n<<20 + uint64(i) + 1)
				bucket[i].due.Store(l.keeper.now() + l.every)
			}
		}
	}
	full := clientsOf(l.keeper)
	for i := range greedy {
		for range 10 {
			l.Take(l.Text(fmt.Sprint("greedy ", i)))
		}
	}
	for i := range more {
		if l.Take(l.Text(fmt.Sprint(i))) != 0 {
			t.Fatalf("client %d is refused, who is new", i)
		}
	}
	if got := clientsOf(l.keeper); got != full {
		t.Errorf("%d clients, and not %d", got, full)
	}
	for i := range greedy {
		if l.Take(l.Text(fmt.Sprint("greedy ", i))) == 0 {
			t.Errorf("%d, who asks too much, is forgotten", i)
		}
	}
}

// TestA4Sealed holds that nobody who is given the memory can take it away.
func TestA4Sealed(t *testing.T) {
	l := limiter(t, time.Second, 1)
	_, file := l.keeper.counts()
	if err := file.Truncate(0); err == nil {
		t.Error("it can be made shorter")
	}
	table, _ := l.keeper.counts()
	table.head.levels.Store(1 << 60) // as somebody might write there
	if l.Take(l.Text("a")) != 0 {
		t.Error("a client is refused")
	}
}

// limiter is one of a Keeper of its own.
func limiter(t testing.TB, every time.Duration, burst int) *Limiter {
	t.Helper()
	k := New(slog.New(slog.DiscardHandler))
	t.Cleanup(k.Close)
	return k.Limiter(1, every, burst)
}

func BenchmarkTake(b *testing.B) {
	l := limiter(b, time.Microsecond, 1<<16)
	b.RunParallel(func(pb *testing.PB) {
		client := l.Client(netip.MustParseAddr("192.0.2.1"))
		for pb.Next() {
			l.Take(client)
		}
	})
}

// clientsOf counts those who are remembered, of all limiters.
func clientsOf(k *Keeper) (count int) {
	t, _ := k.counts()
	for level := range t.levels() {
		count += t.live(level, k.now())
	}
	return count
}
