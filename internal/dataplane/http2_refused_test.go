package dataplane

import (
	"testing"

	frames "golang.org/x/net/http2"
)

// A short body that nobody wants is taken in before the answer, so that no reset has
// to follow it. E2
func TestHTTP2RefusedBody(t *testing.T) {
	e := start(t, simple(t, app(t, nil)))
	for name, fields := range map[string][]string{
		"of a length":  {":method: BREW", "content-length: 3"},
		"of no length": {":method: BREW"},
		"for nobody":   {":method: POST", ":authority: nobody.example", "content-length: 3"},
	} {
		t.Run(name, func(t *testing.T) {
			c := e.frames(t)
			c.ask(1, false, fields...)
			c.round(1)
			if c.answers[1] != nil {
				t.Error("it is answered before its body has come")
			}
			_ = c.WriteData(1, true, []byte("abc"))
			got := c.answer(1)
			c.round(2)
			if got.reset != nil || !got.ended {
				t.Errorf("the answer is followed by a reset: %v", got.reset)
			}
		})
	}
}

// round waits until the edge has read all that it was sent.
func (c *framer) round(n byte) {
	c.t.Helper()
	if err := c.WritePing(false, [8]byte{n}); err != nil {
		c.t.Fatal(err)
	}
	for {
		f, err := c.next()
		if err != nil {
			c.t.Fatal(err)
		}
		if p, ok := f.(*frames.PingFrame); ok && p.IsAck() && p.Data[0] == n {
			return
		}
	}
}
