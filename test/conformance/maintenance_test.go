package conformance

import (
	"os"
)

// maintenanceCases are S5. There is one page, so that it is one case.
func maintenanceCases() []contractCase {
	return []contractCase{{clause: "S5", name: "while the page exists", caches: true, run: maintenance}}
}

func maintenance(a *attempt) {
	page := a.edge.Path("maintenance/page.html")
	a.cleanup(func() { _ = os.Remove(page) }) // it may be gone
	a.edge.record.answer(a.mark, inTurn(say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nCache-Control: max-age=60\r\n\r\nfresh"), echo, say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nagain")))
	a.check(a.ask(get("down.test", "/ttl")), want{status: 200, headers: map[string]string{"X-Cache": "MISS"}})
	a.check(a.ask(get("down.test", "/ttl")), want{status: 200, headers: map[string]string{"X-Cache": "HIT"}, reaches: 1})
	open := a.open("down.test")
	open.send(handshake("down.test", "/ws"))
	if got := open.read("GET"); got.status != 101 {
		a.fatalf("handshake: %d", got.status)
	}

	if err := os.WriteFile(page, []byte("<h1>down\n"), 0o644); err != nil {
		a.fatalf("%v", err)
	}
	down := want{status: 503, body: "<h1>down\n", reaches: 2, headers: map[string]string{"Retry-After": "420", "Cache-Control": "no-store",
		"Content-Type": "text/html; charset=utf-8", "X-Cache": "PASS", "Age": "~^0?$"}}
	head := down
	head.body = "~^$"
	for _, request := range []string{
		get("down.test", "/"), get("down.test", "/ttl"), get("down.test", "/letters.txt"), get("down.test", "/nothing"), get("down.test", "/.secret"),
		ask("POST", "down.test", "/form", "x=1", "Content-Length: 3"), ask("DELETE", "down.test", "/x", ""), handshake("down.test", "/ws"),
		get("down.test", "/", "Cookie: a=1"), get("down.test", "/", "Range: bytes=0-3"), get("down.test", "/", "If-None-Match: *"),
		get("down.test", "/", "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT"), get("down.test", "/.edgegen-maintenance"),
	} {
		a.check(a.ask(request), down)
	}
	a.check(a.ask(ask("HEAD", "down.test", "/", "")), head)
	a.check(a.ask(get("main.test", "/")), want{status: 200}) // reaches the third answer
	open.send("still open")
	open.expect("still open")

	if err := os.Remove(page); err != nil {
		a.fatalf("%v", err)
	}
	a.check(a.ask(get("down.test", "/letters.txt")), want{status: 200, body: letters})
	a.check(a.ask(get("down.test", "/ttl")), want{status: 200, body: "fresh", headers: map[string]string{"X-Cache": "HIT"}})
}
