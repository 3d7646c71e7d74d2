package pipe

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"edgegen/internal/dataplane/tasks"
)

// room is where the pipes of a test are, and ends with it. Faults are told to survive.
func room(t *testing.T, survive func(net.Conn)) *Room {
	var all tasks.Group
	buffers := &sync.Pool{New: func() any { b := make([]byte, 4<<10); return &b }}
	r := &Room{Tasks: &all, Survive: survive, Small: buffers, Large: buffers}
	r.Open(slog.New(slog.DiscardHandler))
	t.Cleanup(func() { all.End(); r.Close() })
	return r
}

// between is two ends of a TCP connection.
func between(t *testing.T) (near, far net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if near, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if far, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []net.Conn{near, far} {
		_ = c.SetDeadline(time.Now().Add(10 * time.Second)) // Read and Write tell
		t.Cleanup(func() { c.Close() })
	}
	return near, far
}

// Bytes arrive on the other side unchanged. The end of one direction is passed on, the other
// goes on, and both are counted.
func TestPipe(t *testing.T) {
	client, here := between(t)
	there, backend := between(t)
	type moved struct{ up, down int64 }
	ended := make(chan moved, 1)
	p := &Pipe{Room: room(t, func(net.Conn) {}), Idle: time.Minute}
	p.Carry(here, there, func(up, down int64) { ended <- moved{up, down} })
	_, _ = io.WriteString(client, "question")
	_ = client.(*net.TCPConn).CloseWrite()
	if got, err := io.ReadAll(backend); string(got) != "question" || err != nil {
		t.Fatalf("%q %v", got, err)
	}
	long := bytes.Repeat([]byte("x"), 1<<20)
	go func() { _, _ = backend.Write(long); backend.Close() }()
	if got, err := io.ReadAll(client); !bytes.Equal(got, long) || err != nil {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	if n := <-ended; n != (moved{8, 1 << 20}) {
		t.Errorf("%+v", n)
	}
}

// faulty is a connection whose reading is a mistake.
type faulty struct{ net.Conn }

func (faulty) Read([]byte) (int, error) { panic("a mistake") }

// A fault in a direction ends the pipe, and nothing else.
func TestFault(t *testing.T) {
	client, here := between(t)
	there, _ := between(t)
	told := make(chan any, 1)
	r := room(t, func(net.Conn) { told <- recover() })
	up, down := (&Pipe{Room: r, Idle: time.Minute}).Run(here, faulty{there})
	if fault := <-told; fault != "a mistake" || up != 0 || down != 0 {
		t.Errorf("%v, %d up, %d down", fault, up, down)
	}
	if _, err := client.Read(make([]byte, 1)); err == nil {
		t.Error("the client's connection is open")
	}
}
