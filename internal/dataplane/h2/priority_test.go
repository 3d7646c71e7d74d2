package h2

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"edgegen/internal/dataplane/fields"
	"edgegen/internal/dataplane/wire"
)

// long is a head that fills buffers.
var long = wire.Header{{Name: "x-long", Value: strings.Repeat("~", 8<<10)}}

// The order in which answers are written follows the client's priorities.
func TestPriorityOrder(t *testing.T) {
	const size = 3 * maxFrame
	for name, test := range map[string]struct {
		priorities []string // of streams 1, 3, 5 …
		updates    map[uint32]string
		want       string // the streams of the frames
	}{
		"urgency":                  {[]string{"u=5", "u=1", "u=3"}, nil, "3 3 3 5 5 5 1 1 1"},
		"one after the other":      {[]string{"u=3", "u=3", "u=3"}, nil, "1 1 1 3 3 3 5 5 5"},
		"in turns":                 {[]string{"i", "i", "i"}, nil, "1 3 5 1 3 5 1 3 5"},
		"nothing said":             {[]string{"", "", ""}, nil, "1 3 5 1 3 5 1 3 5"},
		"updated":                  {[]string{"u=3", "u=3", "u=3"}, map[uint32]string{5: "u=0"}, "5 5 5 1 1 1 3 3 3"},
		"updated before the start": {[]string{"", "u=3", "u=3"}, map[uint32]string{1: "u=7"}, "3 3 3 5 5 5 1 1 1"},
	} {
		t.Run(name, func(t *testing.T) {
			c := connect(t, calm, func(s *Stream) {
				_ = s.Head(fields.Answer{Status: 200, Length: -1}, false)
				s.Last(make([]byte, size))
			}, http2.Setting{ID: http2.SettingInitialWindowSize, Val: size})
			update := func(id uint32) {
				if value, ok := test.updates[id]; ok {
					_ = c.WriteRawFrame(0x10, 0, 0, append([]byte{0, 0, 0, byte(id)}, value...))
				}
			}
			update(1)
			c.conn.mu.Lock()
			c.conn.window = 0
			c.conn.mu.Unlock()
			for i, p := range test.priorities {
				fields := get
				if p != "" {
					fields = append(slices.Clone(get), "priority", p)
				}
				c.ask(uint32(2*i+1), true, fields...)
			}
			for i := range test.priorities {
				c.until("head", func(e event) bool { return e.status != "" && e.frame.Header().StreamID == uint32(2*i+1) })
			}
			update(5)
			_ = c.WritePing(false, [8]byte{})
			c.until("PING", func(e event) bool { _, ok := e.frame.(*http2.PingFrame); return ok })
			_ = c.WriteWindowUpdate(0, 1<<20)
			var got []string
			c.until("all", func(e event) bool {
				if d, ok := e.frame.(*http2.DataFrame); ok {
					got = append(got, fmt.Sprint(d.StreamID))
				}
				return len(got) == 9
			})
			if strings.Join(got, " ") != test.want {
				t.Errorf("got %v, want %s", got, test.want)
			}
		})
	}
}
