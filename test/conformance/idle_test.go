package conformance

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"edgegen/test/edge"
)

// idleSocket: websocket_idle is 2s here.
func idleSocket(a *attempt) {
	a.edge.record.answer(a.mark, echo)
	c := a.open("quick.test")
	c.send(handshake("quick.test", "/ws"))
	c.read("GET")
	begin := time.Now()
	_, closed := c.closed(patience)
	if took := time.Since(begin); !closed || took < 1500*time.Millisecond || took > 8*time.Second {
		a.errorf("closed %t after %v, want after 2s", closed, took)
	}
}

// busySocket sends something every half second for longer than every timeout
// of that edge; the longest is 3s.
func busySocket(who string) func(*attempt) {
	return func(a *attempt) {
		a.edge.record.answer(a.mark, echo)
		if who == "app" {
			a.edge.record.answer(a.mark, func(x *exchange) {
				x.write(switching + "\r\n")
				for range 9 {
					time.Sleep(500 * time.Millisecond) // the pace is what is tried
					x.write("tick")
				}
				x.rest()
			})
		}
		c := a.open("quick.test")
		c.send(handshake("quick.test", "/ws"))
		c.read("GET")
		for range 9 {
			if who == "client" {
				time.Sleep(500 * time.Millisecond) // the pace is what is tried
				c.send("tick")
			}
			c.expect("tick")
		}
	}
}

// outlives: first_byte is 2s on that edge and holds for requests alone.
func outlives(a *attempt) {
	piped("/ws", func(a *attempt, c *client, _ *response) {
		if more, closed := c.closed(4 * time.Second); closed {
			a.fatalf("closed with %q", more)
		}
		_ = c.conn.SetReadDeadline(time.Now().Add(patience)) // it worked a moment ago
		c.send("still here")
		c.expect("still here")
	})(a)
}

// renderedIdle: what is rendered with default timeouts lets a WebSocket idle
// for 24 hours in the cache tier, and for longer in the TLS tier.
func renderedIdle(a *attempt) {
	for _, one := range []struct{ only, wants string }{
		{"varnish", "-p pipe_timeout=86400\n"}, {"stunnel", "TIMEOUTidle = 86460\n"},
	} {
		text := a.rendered("open", one.only)
		if !strings.Contains(text, one.wants) {
			a.errorf("%s has no %q", one.only, one.wants)
		}
	}
}

// rendered returns a file that edgegen renders for the configuration.
func (a *attempt) rendered(configuration, only string) string {
	dir, err := os.MkdirTemp("", "rendered")
	if err != nil {
		a.fatalf("%v", err)
	}
	a.cleanup(func() { _ = os.RemoveAll(dir) }) // a test's own litter
	source, err := os.ReadFile(filepath.Join("testdata", configuration+".hcl"))
	if err != nil {
		a.fatalf("%v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "public"), 0o755); err != nil { // a root of the site
		a.fatalf("%v", err)
	}
	site := filepath.Join(dir, "site.hcl")
	if err := os.WriteFile(site, []byte(strings.NewReplacer("{app}", "127.0.0.1:5000", "{upload}", "127.0.0.1:5001").Replace(withRaw(edge.BuiltIn, string(source)))), 0o644); err != nil {
		a.fatalf("%v", err)
	}
	rendered := a.edge.Verb("render", "--state-dir", dir, "--only", only, site)
	if rendered.Code != 0 {
		a.fatalf("render: exit code %d: %s", rendered.Code, rendered.Err)
	}
	return rendered.Out
}
