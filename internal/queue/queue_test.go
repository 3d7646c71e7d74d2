package queue

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// gate is a writer that stalls until it is opened.
type gate struct {
	asked  chan struct{} // gets a value for every write that begins
	opened chan struct{}

	mu   sync.Mutex
	text bytes.Buffer
	err  error // of every write from now on
}

func newGate() *gate { return &gate{asked: make(chan struct{}, 1000), opened: make(chan struct{})} }

func (g *gate) Write(p []byte) (int, error) {
	g.asked <- struct{}{}
	<-g.opened
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err != nil {
		return 0, g.err
	}
	return g.text.Write(p)
}

func (g *gate) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.err = err
}

func (g *gate) String() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.text.String()
}

// say writes lines and holds that none of them waits or fails.
func say(t *testing.T, w io.Writer, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if n, err := io.WriteString(w, line+"\n"); n != len(line)+1 || err != nil {
			t.Errorf("wrote %d bytes of %q, %v", n, line, err)
		}
	}
}

func flush(t *testing.T, w *Writer) {
	t.Helper()
	if err := w.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestOrderOfSeveralWriters(t *testing.T) {
	var out bytes.Buffer
	w := New(&out, Options{Limit: 1 << 20})
	var writers sync.WaitGroup
	for i := range 8 {
		writers.Go(func() {
			for n := range 1000 {
				say(t, w, fmt.Sprintf("%d %d", i, n))
			}
		})
	}
	writers.Wait()
	if dropped := w.Close(t.Context()); dropped != 0 {
		t.Errorf("%d lines were dropped", dropped)
	}
	var next [8]int
	for line := range strings.Lines(out.String()) {
		var i, n int
		if _, err := fmt.Sscanf(line, "%d %d\n", &i, &n); err != nil || n != next[i] {
			t.Fatalf("line %q of a writer whose next is %d; %v", line, next[i], err)
		}
		next[i]++
	}
	if next != [8]int{1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000} {
		t.Errorf("of the writers' lines there are %v", next)
	}
}

// What waits while the writer behind is busy goes to it in few writes, each of
// whole lines, but for what is longer than any.
func TestManyLinesAtATime(t *testing.T) {
	g := newGate()
	w := New(g, Options{Limit: 8 * piece})
	say(t, w, "first")
	<-g.asked
	long := strings.Repeat("x", 3*piece)
	var rest []string
	for range 2 * piece / 10 {
		rest = append(rest, "a line...")
	}
	say(t, w, rest...)
	say(t, w, long, "last")
	close(g.opened)
	flush(t, w)
	if want := "first\n" + strings.Join(rest, "\n") + "\n" + long + "\nlast\n"; g.String() != want {
		t.Errorf("%d bytes came, want %d, or they are others", len(g.String()), len(want))
	}
	if writes := len(g.asked); writes > 6 {
		t.Errorf("in %d writes", writes)
	}
}

// Lines that come within the time to gather are written at once, and the first
// waits no longer than that.
func TestGather(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		close(g.opened)
		w := New(g, Options{Limit: 1 << 20, Gather: 5 * time.Millisecond})
		say(t, w, "first")
		time.Sleep(4 * time.Millisecond)
		say(t, w, "second")
		synctest.Wait()
		if g.String() != "" {
			t.Errorf("%q has come already", g.String())
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if g.String() != "first\nsecond\n" || len(g.asked) != 1 {
			t.Errorf("%q has come in %d writes", g.String(), len(g.asked))
		}
		flush(t, w)
	})
}

// Where very many lines come they wait longer, and go in one write.
func TestGatherFromACrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		close(g.opened)
		w := New(g, Options{Limit: 1 << 20, Gather: 5 * time.Millisecond})
		many := strings.Repeat("x", crowd)
		say(t, w, many)
		time.Sleep(19 * time.Millisecond)
		say(t, w, many)
		synctest.Wait()
		if g.String() != "" {
			t.Errorf("%d bytes have come already", len(g.String()))
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if g.String() != many+"\n"+many+"\n" || len(g.asked) != 1 {
			t.Errorf("%d bytes have come in %d writes", len(g.String()), len(g.asked))
		}
		flush(t, w)
	})
}

// Lines that find no room are dropped and counted, and both ends of that are
// told once.
func TestFull(t *testing.T) {
	g := newGate()
	var reasons []error
	written := make(chan int64, 10)
	w := New(g, Options{Limit: 100, Dropping: func(err error) { reasons = append(reasons, err) }, Written: func(n int64) { written <- n }})
	say(t, w, strings.Repeat("a", 59)) // being written
	<-g.asked
	say(t, w, strings.Repeat("b", 39), "no room", "none either")
	if _, err := io.WriteString(w, "two\nlines\n"); err != nil {
		t.Error(err)
	}
	if len(reasons) != 1 || !errors.Is(reasons[0], ErrFull) {
		t.Errorf("told %v", reasons)
	}
	close(g.opened)
	if n := <-written; n != 4 {
		t.Errorf("%d lines are said to be dropped", n)
	}
	flush(t, w)
	say(t, w, "later")
	if dropped := w.Close(t.Context()); dropped != 0 || len(written) != 0 {
		t.Errorf("%d more were dropped; told %d times more", dropped, len(written))
	}
	if want := strings.Repeat("a", 59) + "\n" + strings.Repeat("b", 39) + "\nlater\n"; g.String() != want {
		t.Errorf("got %q", g.String())
	}
}

// While writes fail lines are dropped, too; what comes later is written.
func TestFailingWriter(t *testing.T) {
	g := newGate()
	close(g.opened)
	g.fail(syscall.EPIPE)
	var reasons []error
	var written []int64
	w := New(g, Options{Limit: 1 << 20, Dropping: func(err error) { reasons = append(reasons, err) }, Written: func(n int64) { written = append(written, n) }})
	for range 3 {
		say(t, w, "lost")
		flush(t, w)
	}
	g.fail(nil)
	say(t, w, "kept")
	flush(t, w)
	g.fail(syscall.ENOSPC)
	say(t, w, "lost", "lost")
	if dropped := w.Close(t.Context()); dropped != 2 {
		t.Errorf("at the end %d lines were dropped", dropped)
	}
	if len(reasons) != 2 || !errors.Is(reasons[0], syscall.EPIPE) || !errors.Is(reasons[1], syscall.ENOSPC) || len(written) != 1 || written[0] != 3 {
		t.Errorf("told %v, %v", reasons, written)
	}
	if g.String() != "kept\n" {
		t.Errorf("got %q", g.String())
	}
}

// cut takes the beginning of the first write alone.
type cut struct {
	bytes.Buffer
	cut bool
}

func (c *cut) Write(p []byte) (int, error) {
	if !c.cut {
		c.cut = true
		n, _ := c.Buffer.Write(p[:len(p)/2])
		return n, syscall.ENOSPC
	}
	return c.Buffer.Write(p)
}

func TestLineThatWasCutOff(t *testing.T) {
	var c cut
	dropped := int64(0)
	w := New(&c, Options{Limit: 1000, Written: func(n int64) { dropped = n }})
	say(t, w, "12345")
	flush(t, w)
	say(t, w, "next")
	flush(t, w)
	say(t, w, "last")
	flush(t, w)
	if c.String() != "123\nnext\nlast\n" || dropped != 1 {
		t.Errorf("got %q, %d dropped", c.String(), dropped)
	}
}

// The end does not wait for a writer that takes nothing, and tells what is lost.
func TestCloseWhileStuck(t *testing.T) {
	g := newGate()
	w := New(g, Options{Limit: 20, Dropping: func(error) {}})
	say(t, w, "being written")
	<-g.asked
	say(t, w, "waits", "is too much")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if dropped := w.Close(ctx); dropped != 3 {
		t.Errorf("%d lines were dropped, want 3", dropped)
	}
	say(t, w, "too late")
	close(g.opened)
	flush(t, w)
	if g.String() != "being written\n" {
		t.Errorf("after the end it was written %q", g.String())
	}
}

// A write that has a deadline does not outlive the end.
func TestCloseInterruptsAPipe(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	defer writer.Close()
	w := New(writer, Options{Limit: 1 << 20, Dropping: func(err error) { t.Errorf("dropping: %v", err) }})
	const lines = 10000
	for range lines {
		say(t, w, strings.Repeat("x", 99))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	dropped := w.Close(ctx)
	flush(t, w)
	writer.Close()
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	if arrived := count(text); arrived == 0 || arrived+dropped != lines {
		t.Errorf("%d lines arrived and %d were dropped, of %d", arrived, dropped, lines)
	}
}

func TestCloseOfWhatWasNeverUsed(t *testing.T) {
	w := New(io.Discard, Options{Limit: 10})
	if dropped := w.Close(t.Context()); dropped != 0 {
		t.Errorf("dropped %d", dropped)
	}
}
