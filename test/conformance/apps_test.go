package conformance

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// appCases are F1 and E1 where a backend has a host and timeouts of its own.
func appCases() []contractCase {
	named := func(name, target, host string) contractCase {
		return contractCase{clause: "F1", name: name, request: get("leads.test", target), want: want{status: 200, reaches: 1,
			sees: map[string]string{"Host": host, "X-Forwarded-Host": "leads.test"}}}
	}
	waits := func(name, target string, pause time.Duration, status int) contractCase {
		return contractCase{clause: "E1", name: name, request: ask("POST", "leads.test", target, "", "Content-Length: 0"), answer: func(x *exchange) {
			time.Sleep(pause)
			say(page("late"))(x)
		}, want: want{status: status, reaches: 1}}
	}
	takes := func(name, target string, length, status int) contractCase {
		return contractCase{clause: "E5", name: name, request: ask("POST", "leads.test", target, strings.Repeat("x", length), "Content-Length: "+strconv.Itoa(length)), want: want{status: status}}
	}
	chunked := func(name, target string, length, status int) contractCase {
		return contractCase{clause: "E5", name: name, request: ask("POST", "leads.test", target, fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", length, strings.Repeat("x", length)), "Transfer-Encoding: chunked"), want: want{status: status}}
	}
	return []contractCase{
		takes("a route that takes little", "/small", 1024, 200), takes("too much for a route that takes little", "/small", 1025, 413),
		takes("a route that takes much", "/large", 96<<10, 200), takes("too much for a route that takes much", "/large", 96<<10+1, 413),
		takes("too much for another route", "/hasty", 64<<10+1, 413), takes("no route that takes so much", "/nowhere", 64<<10+1, 404),
		chunked("chunks on a route that takes little", "/small", 1024, 200), chunked("too many chunks for a route that takes little", "/small", 1025, 413),
		chunked("chunks on a route that takes much", "/large", 90<<10, 200), chunked("too many chunks for a route that takes much", "/large", 96<<10+1, 413),
		chunked("chunks that are streamed", "/large/stream", 100<<10, 200),
		named("a backend with a host", "/named/x", "inner.test:8443"),
		named("a backend with a host that edgegen looks after", "/named/watched", "watched.test"),
		named("a backend without a host", "/hasty", "leads.test"),
		named("an event stream of a backend with a host", "/named/x", "inner.test:8443"),
		{clause: "F4", name: "a WebSocket to a backend with a host", request: handshake("leads.test", "/named"),
			want: want{bare: true, reaches: 1, sees: map[string]string{"Host": "inner.test:8443", "X-Forwarded-Host": "leads.test"}}},
		{clause: "F4", name: "a WebSocket to a backend with a host that edgegen looks after", request: handshake("leads.test", "/named/watched"),
			want: want{bare: true, reaches: 1, sees: map[string]string{"Host": "watched.test"}}},
		waits("a backend that is waited for longer", "/patient", 4*time.Second, 200),
		waits("a backend that is waited for less", "/hasty", 1500*time.Millisecond, 504),
		waits("a backend that is waited for less, which edgegen looks after", "/named/watched", 1500*time.Millisecond, 504),
		{clause: "E1", name: "a GET is waited for as long", request: get("leads.test", "/patient"), answer: func(x *exchange) {
			time.Sleep(4 * time.Second)
			say(page("late"))(x)
		}, want: want{status: 200, reaches: 1}},
	}
}
