package conformance

import (
	"crypto/tls"
	"net"
	"time"
)

// loggedGone: a client that has left before the app answers is 499 without a byte, also
// where its connection has carried an answer before, and whatever becomes of the request.
// When the edge hears that it has left nobody can see, so the app takes longer and longer.
func loggedGone(target string, answer func(*exchange)) func(*attempt) {
	return func(a *attempt) {
		var statuses []int
		for pause := 200 * time.Millisecond; pause <= 2*time.Second; pause *= 3 {
			lines := len(a.linesBefore())
			a.edge.record.answer(a.mark, say(page("early")))
			c := a.open("main.test")
			c.send(get("main.test", target, "Cookie: past=cache"))
			c.read("GET")
			a.entries(lines + 1)
			asked := make(chan struct{}, 1)
			a.edge.record.answer(a.mark, func(x *exchange) {
				select {
				case asked <- struct{}{}:
				default: // nginx asks again for each kept connection that the app resets
				}
				time.Sleep(pause) // it is slow
				answer(x)
			})
			c.send(get("main.test", target, "Cookie: past=cache"))
			select {
			case <-asked:
			case <-time.After(patience):
				a.fatalf("nothing reaches the app")
			}
			c.reset()
			e := a.entries(lines + 2)[lines+1]
			if statuses = append(statuses, e.Status); e.Status == 499 {
				a.compare("method", e.Method, "GET")
				if e.Bytes != 0 {
					a.errorf("%d bytes were sent to nobody", e.Bytes)
				}
				return
			}
		}
		a.errorf("the log says %d of clients that had left", statuses)
	}
}

// reset leaves without a word.
func (c *client) reset() {
	conn := c.conn
	if inner, ok := conn.(*tls.Conn); ok {
		conn = inner.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // Close ends it in any case
	}
	_ = conn.Close() // likewise
}
