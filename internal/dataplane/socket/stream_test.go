package socket

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

// pair is a connected pair of TCP sockets.
func pair(t *testing.T) (a, b *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dialed, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dialed.Close(); accepted.Close() })
	return dialed.(*net.TCPConn), accepted.(*net.TCPConn)
}

func stream(t *testing.T, c *net.TCPConn) *Stream {
	t.Helper()
	s, err := NewStream(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSend holds that all is written, and that whoever writes is told once that
// it has to wait.
func TestSend(t *testing.T) {
	near, far := pair(t)
	if err := errors.Join(near.SetWriteBuffer(16<<10), far.SetReadBuffer(16<<10)); err != nil {
		t.Fatal(err)
	}
	text := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	told := make(chan struct{}, 2)
	type result struct {
		n   int
		err error
	}
	sent := make(chan result, 1)
	go func() {
		n, err := stream(t, near).Send(text, func() { told <- struct{}{} })
		sent <- result{n, err}
		near.Close()
	}()
	<-told // the socket is full
	got, err := io.ReadAll(stream(t, far))
	if err != nil || !bytes.Equal(got, text) {
		t.Errorf("read %d bytes, %v; want %d", len(got), err, len(text))
	}
	if r := <-sent; r.n != len(text) || r.err != nil {
		t.Errorf("sent %d bytes, %v", r.n, r.err)
	}
	if len(told) > 0 {
		t.Error("told twice")
	}
}

// TestRead holds what a read ends with.
func TestRead(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(near, far *net.TCPConn)
		want error
	}{
		{"end", func(_, far *net.TCPConn) { far.CloseWrite() }, io.EOF},
		{"deadline", func(near, _ *net.TCPConn) { near.SetReadDeadline(time.Now().Add(time.Millisecond)) }, os.ErrDeadlineExceeded},
		{"closed", func(near, _ *net.TCPConn) { near.Close() }, net.ErrClosed},
		{"reset", func(_, far *net.TCPConn) { far.SetLinger(0); far.Close() }, syscall.ECONNRESET},
	} {
		t.Run(c.name, func(t *testing.T) {
			near, far := pair(t)
			s := stream(t, near)
			c.do(near, far)
			if n, err := s.Read(make([]byte, 8)); n != 0 || !errors.Is(err, c.want) {
				t.Errorf("read %d bytes, %v; want %v", n, err, c.want)
			}
		})
	}
}

// TestPeek holds that what was looked at is still there to be read.
func TestPeek(t *testing.T) {
	near, far := pair(t)
	if _, err := stream(t, far).Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	raw, err := near.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var seen [2]byte
	if err := raw.Read(func(fd uintptr) bool {
		var n int
		n, err = Peek(fd, seen[:])
		return n == len(seen) || !errors.Is(err, syscall.EAGAIN)
	}); err != nil {
		t.Fatal(err)
	}
	all := make([]byte, 5)
	if _, failed := io.ReadFull(stream(t, near), all); failed != nil || err != nil || string(seen[:])+string(all) != "hehello" {
		t.Errorf("saw %q, %v; then read %q, %v", seen, err, all, failed)
	}
}
