package h2

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// A client of whose answer a record is missing gets nothing after it: TLS's
// farewell would look to it like an attack.
func TestNothingAfterWhatIsLost(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	far, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	near, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSocket(near.(*net.TCPConn))
	if err != nil {
		t.Fatal(err)
	}
	buffers := &sync.Pool{New: func() any { b := make([]byte, 0, BufferSize); return &b }}
	_ = s.SetWriteDeadline(time.Unix(1, 0))
	if err := s.gather(s, []byte("record"), buffers, nil); err == nil {
		t.Error("it was written after its time")
	}
	_ = s.SetWriteDeadline(time.Time{})
	if _, err := s.Write([]byte("farewell")); err == nil {
		t.Error("something follows what was lost")
	}
	_ = s.Close()
	if got, err := io.ReadAll(far); len(got) > 0 || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
