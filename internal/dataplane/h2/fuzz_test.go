package h2

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"edgegen/internal/dataplane/bounds"
)

// FuzzFrames: whatever a client sends, the connection ends with it, every
// stream that was served is told of once, and nothing is served twice.
func FuzzFrames(f *testing.F) {
	c := &client{}
	c.init()
	seed := func(write func(*http2.Framer)) {
		var b writer
		framer := http2.NewFramer(&b, nil)
		framer.AllowIllegalWrites = true
		_ = framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 10})
		write(framer)
		f.Add([]byte(b), uint8(7))
	}
	head := func(w *http2.Framer, id uint32, end bool, fields ...string) {
		_ = w.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: c.encode(fields...), EndHeaders: true, EndStream: end})
	}
	seed(func(w *http2.Framer) {
		head(w, 1, true, get...)
		head(w, 3, true, get...)
		_ = w.WriteWindowUpdate(0, 5)
	})
	seed(func(w *http2.Framer) {
		head(w, 1, false, post("content-length", "3")...)
		_ = w.WriteData(1, true, []byte("abc"))
		_ = w.WriteRSTStream(1, 8)
	})
	seed(func(w *http2.Framer) {
		_ = w.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: c.encode(get...)[:3], PadLength: 3})
		_ = w.WriteContinuation(1, true, nil)
	})
	seed(func(w *http2.Framer) {
		head(w, 1, false, connectWebSocket...)
		_ = w.WriteDataPadded(1, false, []byte("abc"), []byte{0, 0})
		_ = w.WriteRawFrame(0x10, 0, 0, []byte("\x00\x00\x00\x01u=1"))
		head(w, 1, true, "trailer", "x")
		_ = w.WritePing(false, [8]byte{})
		_ = w.WriteGoAway(1, 0, nil)
	})
	f.Fuzz(func(t *testing.T, frames []byte, piece uint8) {
		ours, theirs := net.Pipe()
		served, last := 0, uint32(0)
		h := &handler{limits: bounds.Limits{HeaderSize: 1 << 10, Header: time.Second, Idle: time.Second}, serve: func(s *Stream) {
			served++
			if s.ID <= last {
				t.Errorf("stream %d after %d", s.ID, last)
			}
			last = s.ID
			if s.Fault == nil && s.Length != 0 {
				s.Detach()
				_, _ = io.ReadAll(s)
			}
			answerOK(s)
		}}
		pool := &sync.Pool{New: func() any { b := make([]byte, 0, BufferSize); return &b }}
		conn := New(context.Background(), theirs, nil, h, pool)
		done := make(chan struct{})
		go func() { defer close(done); conn.Serve(); h.tasks.Wait() }()
		go func() { _, _ = io.Copy(io.Discard, ours) }()
		all := append([]byte(preface), frames...)
		for n := int(piece) + 1; len(all) > 0; all = all[min(n, len(all)):] {
			if _, err := ours.Write(all[:min(n, len(all))]); err != nil {
				break
			}
		}
		ours.Close()
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			t.Fatal("does not end")
		}
		if n := h.count(); n != served {
			t.Fatalf("%d served, %d ended", served, n)
		}
		if conn.serving != 0 {
			t.Fatalf("%d are being served", conn.serving)
		}
	})
}

type writer []byte

func (w *writer) Write(p []byte) (int, error) { *w = append(*w, p...); return len(p), nil }
