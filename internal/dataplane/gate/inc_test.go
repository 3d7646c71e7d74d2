package gate

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"text/template"
	"time"

	"edgegen/templates"
)

// counterInC is a program that counts as varnishd does: in threads, for each client that
// it is told of, as often as it is let in.
const counterInC = `
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
static char **arguments;
static int clients, times, let[100];
static void *count(void *nothing)
{
	int i, n;
	for (n = 0; n < times; n++)
		for (i = 0; i < clients; i++)
			if (edge_takes(arguments[2 * i], arguments[2 * i + 1][0] == '-' ? NULL : arguments[2 * i + 1], 7, 3600000000000LL, 20 * 3600000000000LL))
				__atomic_fetch_add(&let[i], 1, __ATOMIC_SEQ_CST);
	return (nothing);
}
int main(int n, char **all)
{
	pthread_t threads[16];
	int i;
	if (all[1][0] == 's') {
		printf("%d\n", edge_stale(all[2], all[3], all[4], all[5]));
		return (0);
	}
	arguments = all + 2;
	times = atoi(all[1]);
	clients = (n - 2) / 2;
	edge_map(edge_now());
	for (i = 0; i < 16; i++)
		pthread_create(&threads[i], NULL, count, NULL);
	for (i = 0; i < 16; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < clients; i++)
		printf("%d\n", let[i]);
	edge_unmap();
	return (0);
}
`

// compileCounter makes that program of what stands in the VCL.
func compileCounter(t *testing.T, socket string) string {
	t.Helper()
	compiler, err := exec.LookPath("gcc")
	if err != nil {
		t.Skip("no gcc")
	}
	parts, err := template.New("").Funcs(template.FuncMap{"cstring": strconv.Quote}).ParseFS(templates.FS, "varnish/*.c.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	var made strings.Builder
	if err := parts.ExecuteTemplate(&made, "limit.c.tmpl", struct{ CountsSocket string }{socket}); err != nil {
		t.Fatal(err)
	}
	inC, _, _ := strings.Cut(strings.TrimPrefix(made.String(), "C{"), "}C")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "counter.c"), []byte(inC+counterInC), 0o600); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "counter")
	if out, err := exec.CommandContext(t.Context(), compiler, "-Wall", "-Wextra", "-Werror", "-o", program, filepath.Join(dir, "counter.c"), "-lpthread").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}

// share hands the counts over on a socket.
func share(t *testing.T, k *Keeper) string {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() {
		for {
			c, err := listener.AcceptUnix()
			if err != nil {
				return
			}
			if err := k.Share(c); err != nil {
				t.Error(err)
			}
			_ = c.Close()
		}
	})
	t.Cleanup(func() { _ = listener.Close(); done.Wait() })
	return socket
}

// TestA4InC holds that what varnishd counts and what edgegen counts is one count,
// while both count at once, each in many threads: nobody gets more than a burst and
// one, and nobody less.
func TestA4InC(t *testing.T) {
	const burst, both = 20, 3
	k := New(slog.New(slog.DiscardHandler))
	t.Cleanup(k.Close)
	socket := share(t, k)
	program := compileCounter(t, socket)
	l := k.Limiter(7, time.Hour, burst)
	clients := []struct {
		address, text string // as varnishd has them
		key           Key
	}{
		{"192.0.2.1", "-", l.Client(netip.MustParseAddr("192.0.2.1"))},
		{"::ffff:192.0.2.2", "-", l.Client(netip.MustParseAddr("192.0.2.2"))},
		{"2001:db8::7", "-", l.Client(netip.MustParseAddr("2001:db8::ffff:ffff:ffff:ffff"))},
		{"::1", "-", l.Client(netip.MustParseAddr("::1"))},
		{"192.0.2.1", "", l.Text("")},
		{"192.0.2.1", "192.0.2.1", l.Text("192.0.2.1")},
		{"192.0.2.1", "seven b", l.Text("seven b")},
		{"192.0.2.1", strings.Repeat("x", 5000), l.Text(strings.Repeat("x", 5000))},
	}
	for i := range 30 {
		text := strings.Repeat("y", i) + "\xff"
		clients = append(clients, struct {
			address, text string
			key           Key
		}{"192.0.2.1", text, l.Text(text)})
	}
	arguments := []string{"40"}
	for _, c := range clients {
		arguments = append(arguments, c.address, c.text)
	}
	let := make([]atomic.Int64, len(clients))
	var all sync.WaitGroup
	for range both {
		all.Go(func() {
			out, err := exec.CommandContext(t.Context(), program, arguments...).CombinedOutput()
			if err != nil {
				t.Errorf("%v: %s", err, out)
			}
			for i, line := range strings.Fields(string(out)) {
				n, _ := strconv.Atoi(line)
				let[i].Add(int64(n))
			}
		})
	}
	for range 16 {
		all.Go(func() {
			for range 40 {
				for i, c := range clients {
					if l.Take(c.key) == 0 {
						let[i].Add(1)
					}
				}
			}
		})
	}
	all.Wait()
	for i, c := range clients {
		if got := let[i].Load(); got != burst+1 {
			t.Errorf("%s %.20q came %d times, want %d", c.address, c.text, got, burst+1)
		}
	}
}

// TestA4InCGrows holds that both find clients where the other has put them, when the
// table has grown.
func TestA4InCGrows(t *testing.T) {
	k := New(slog.New(slog.DiscardHandler))
	t.Cleanup(k.Close)
	program := compileCounter(t, share(t, k))
	l := k.Limiter(7, time.Hour, 20)
	for i := range 50_000 {
		l.Take(l.Text(fmt.Sprint(i)))
	}
	arguments := []string{"1"}
	for i := range 100 {
		arguments = append(arguments, "-", fmt.Sprint(i*499))
	}
	out, err := exec.CommandContext(t.Context(), program, arguments...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for i, line := range strings.Fields(string(out)) {
		if line != "16" { // one for each thread, of the 20 that are left
			t.Errorf("client %d came %s times", i, line)
		}
	}
	if got := clientsOf(k); got != 50_000 {
		t.Errorf("%d clients", got)
	}
}

// TestK6Softly holds that varnishd finds what a soft purge means, and takes for stale what
// nobody knows any more.
func TestK6Softly(t *testing.T) {
	k := New(slog.New(slog.DiscardHandler))
	t.Cleanup(k.Close)
	program := compileCounter(t, share(t, k))
	stale := func(name string, want bool, since uint64, tags string) {
		t.Helper()
		at := fmt.Sprintf("%.3f", 60+float64(since%50_000)/1000)
		out, err := exec.CommandContext(t.Context(), program, "stale", "a.test/x?y=1", "a.test", tags, at).CombinedOutput()
		if got := strings.TrimSpace(string(out)) == "1"; err != nil || got != want {
			t.Errorf("%s, asked for after %d: stale is %s, want %t; %v", name, since, out, want, err)
		}
	}
	stale("nothing", false, 0, "")
	for i, test := range []struct {
		kind Stale
		text string
		tags string
		want bool
	}{
		{StaleURL, "a.test/x?y=1", "", true}, {StaleURL, "a.test/x", "", false}, {StaleURL, "a.test", "", false},
		{StalePrefix, "a.test/x", "", true}, {StalePrefix, "a.test/x?y=1", "", true}, {StalePrefix, "a.test/x?y=11", "", false}, {StalePrefix, "a.test/z", "", false},
		{StaleSite, "a.test", "", true}, {StaleSite, "b.test", "", false},
		{StaleTag, "b", ",a,b,", true}, {StaleTag, "a", ",a,b,", true}, {StaleTag, "a,b", ",a,b,", false}, {StaleTag, "a", "", false}, {StaleTag, "a", ",ab,", false},
	} {
		number, shared := k.MarkStale(test.kind, test.text)
		if number != uint64(i+1) || !shared {
			t.Fatalf("mark %d, shared: %t", number, shared)
		}
		stale(fmt.Sprintf("%c %s of %s", test.kind, test.text, test.tags), test.want, number-1, test.tags)
		stale("what was asked for afterwards", false, number, test.tags)
	}
	var many strings.Builder
	for i := range 100 {
		fmt.Fprintf(&many, ",t%d", i)
	}
	for _, tag := range []string{"t0", "t63", "t64", "t99"} {
		number, _ := k.MarkStale(StaleTag, tag)
		k.MarkStale(StaleTag, "none")
		k.MarkStale(StaleTag, "nothing")
		stale(tag+" of many, before others", true, number-1, many.String()+",")
		stale("others than many", false, number, many.String()+",")
	}
	first, _ := k.MarkStale(StaleTag, "none")
	for range markCount {
		k.MarkStale(StaleTag, "none")
	}
	stale("many that mean others", false, first, ",a,")
	stale("more than are known", true, first-1, ",a,")
	table, _ := k.counts()
	table.head.marks.Store(100_000 - 1)
	k.MarkStale(StaleTag, "a")
	stale("when the count begins again", true, 100_000-1, ",a,")
	stale("when the count begins again", false, 100_000, ",a,")
}
