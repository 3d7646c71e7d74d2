package conformance

import (
	"fmt"
	"os"
	"strconv"
)

// gateCases are A1 to A5 where more than an address decides.
func gateCases() []contractCase {
	refusedBy := func(name string, lines ...string) contractCase {
		return contractCase{clause: "A5", name: "basic, " + name, request: get("basic.test", "/in", lines...), want: want{status: 401, body: "401 Unauthorized\n", reaches: never,
			headers: map[string]string{"WWW-Authenticate": `Basic realm="Staff", charset="UTF-8"`}}}
	}
	let := func(name string, lines ...string) contractCase {
		return contractCase{clause: "A1", name: "basic, " + name, request: get("basic.test", "/in", lines...), want: want{status: 200, reaches: 1, sees: map[string]string{"Authorization": "~^(?i)basic "}}}
	}
	toApp := map[string]string{"Remote-User": "alice", "Remote_user": "", "Remote-Groups": "staff, press"}
	forged := []string{"X-Session: alice", "Remote-User: root", "REMOTE-USER: root", "Remote_User: root", "Remote-Groups: wheel", "Connection: Remote-User"}
	return []contractCase{
		refusedBy("without a password"),
		refusedBy("a user who is none", basic("bob:secret")),
		refusedBy("no colon", basic("alice")),
		refusedBy("an empty password", basic("alice:")),
		refusedBy("the hash", basic("alice:$6$rounds=1000$abcdefgh$nhYjN017qxiYztzyUpZtPnUQcnLy62KsunSLHNeLahp2EHPlAKmFFlrjEwSXGo2kgY5hR2.peKEg2VGUqIJJu1")),
		refusedBy("a long password", basic("alice:"+fmt.Sprintf("%01000d", 0))),
		refusedBy("no base64", "Authorization: Basic %%%"),
		refusedBy("another scheme", "Authorization: Bearer YWxpY2U6c2VjcmV0"),
		refusedBy("right and wrong", basic("alice:secret"), basic("alice:wrong")).differing("nginx-two-of-a-kind", "status 400, want 401"),
		let("the scheme in capitals", "Authorization: BASIC YWxpY2U6c2VjcmV0"),
		let("spaces before it", "Authorization: Basic   YWxpY2U6c2VjcmV0"),
		{clause: "A1", name: "basic, a file of users that changes", run: changedUsers},

		{clause: "A1", name: "forward, what the app is told", request: get("forward.test", "/in", forged...), want: want{status: 200, reaches: 1, sees: toApp}},
		{clause: "A1", name: "forward, what the app is told with a body", request: ask("POST", "forward.test", "/in", "hello", append(forged, "Content-Length: 5")...), want: want{status: 200, reaches: 1, sees: toApp}},
		{clause: "A2", name: "forward, what the app of a WebSocket is told", request: handshake("forward.test", "/in", forged[:5]...), answer: refuse(),
			want: want{status: 403, bare: true, reaches: 1, sees: toApp}},
		{clause: "A1", name: "forward, a refusal as it is", request: get("forward.test", "/in", "X-Session: 401"), want: want{status: 401, body: "who are you?", reaches: never,
			headers: map[string]string{"WWW-Authenticate": "Negotiate", "Content-Type": "text/plain; charset=utf-8", "X-Cache": "PASS"}}},
		{clause: "A1", name: "forward, an app that fails", request: get("forward.test", "/in", "X-Session: 500"), want: want{status: 500, reaches: never}},
		{clause: "A1", name: "forward, nobody to ask", request: get("gates.test", "/nobody"), want: want{status: 502, reaches: never}},
		{clause: "A1", name: "forward, nobody to ask about a body", request: ask("POST", "gates.test", "/nobody", "hello", "Content-Length: 5"), want: want{status: 502, reaches: never}},
		{clause: "A2", name: "forward, a WebSocket for who may come in", run: opened("forward.test", "X-Session: alice")},
		{clause: "A2", name: "basic, a WebSocket for who may come in", run: opened("basic.test", basic("alice:secret"))},
		{clause: "A2", name: "limit, a WebSocket for who may come in", run: opened("limit.test", "X-Key: {case}")},

		{clause: "A3", name: "basic, what is not public", caches: true, run: protectedTwice("basic.test", "~MISS|PASS", "Cache-Control: max-age=60", basic("alice:secret"))},
		{clause: "A3", name: "basic, what is for shared caches", caches: true, run: protectedTwice("basic.test", "~MISS|PASS", "Cache-Control: s-maxage=60", basic("alice:secret"))},
		{clause: "A3", name: "forward, what is not public", caches: true, run: protectedTwice("forward.test", "~MISS|PASS", "Cache-Control: max-age=60", "X-Session: alice")},
		{clause: "A3", name: "forward, by a ttl", caches: true, run: protectedTwice("forward.test", "~MISS|PASS", "X-Nothing: said", "X-Session: alice")},
		{clause: "A3", name: "forward, what is public", caches: true, run: protectedTwice("forward.test", "HIT", "Cache-Control: public, max-age=60", "X-Session: alice")},
		{clause: "A3", name: "limit, what is not public", caches: true, run: protectedTwice("limit.test", "HIT", "Cache-Control: max-age=60", "X-Key: {case}")},

		{clause: "A4", name: "as many as may come at once", run: counts("127.0.%d.1", "X-Key: {case}")},
		{clause: "A4", name: "who leaves the field out is known by the address", run: counts("127.0.%d.77")},
		{clause: "A4", name: "rules for requests come after", run: func(a *attempt) {
			for i, status := range []int{200, 200, 429} {
				a.check(a.ask(get("gates.test", "/rules", "X-Key: {case}")), want{status: status, reaches: min(i+1, 2)})
			}
		}},
		{clause: "A1", name: "one after the other", run: inOrder},
		{clause: "A4", name: "and hold for who comes in", request: get("gates.test", "/rules", "X-Key: {case}", "X-Added: 1"), want: want{status: 200, sees: map[string]string{"X-Key": "", "X-Set": "1", "X-Added": "1,2"}}},
		{clause: "A4", name: "and for who comes in with a body", request: ask("POST", "gates.test", "/rules", "hello", "X-Key: {case}", "Content-Length: 5"),
			want: want{status: 200, sees: map[string]string{"X-Key": "", "X-Set": "1"}}},
	}
}

// own is an address from which one case asks over one protocol.
func (a *attempt) own(format string) string {
	return fmt.Sprintf(format, a.over)
}

// counts asks in different ways until a client has come as often as it may.
func counts(address string, lines ...string) func(*attempt) {
	return func(a *attempt) {
		from := a.own(address)
		requests := []string{get("limit.test", "/in", lines...), ask("POST", "limit.test", "/in", "hello", append(lines, "Content-Length: 5")...),
			ask("HEAD", "limit.test", "/in", "", lines...), get("limit.test", "/in", append(lines, "Cookie: a=b")...), ask("DELETE", "limit.test", "/in", "", lines...)}
		for i, request := range requests {
			a.check(a.askFrom(from, request), want{status: 200, reaches: i + 1})
		}
		for _, request := range requests {
			got := a.askFrom(from, request)
			a.check(got, want{status: 429, reaches: len(requests), headers: map[string]string{"X-Cache": "PASS"}})
			if seconds, err := strconv.Atoi(got.header.Get("Retry-After")); err != nil || seconds < 86000 || seconds > 86400 {
				a.errorf("Retry-After is %q", got.header.Get("Retry-After"))
			}
		}
	}
}

// opened is a WebSocket that echoes.
func opened(host string, lines ...string) func(*attempt) {
	return func(a *attempt) {
		a.edge.record.answer(a.mark, echo)
		c := a.open(host)
		c.send(handshake(host, "/in", lines...))
		if got := c.read("GET"); got.status != 101 {
			a.fatalf("handshake: %d", got.status)
		}
		c.send("hello")
		c.expect("hello")
	}
}

// protectedTwice asks twice for one answer.
func protectedTwice(host, cache, says string, lines ...string) func(*attempt) {
	return twice(get(host, "/in/kept", lines...), get(host, "/in/kept", lines...), cache, page("x", says))
}

// changedUsers has a user come and go while the edge runs.
func changedUsers(a *attempt) {
	request := get("gates.test", "/changing", basic("carol:secret"))
	for _, step := range []struct {
		text   string
		status int
	}{{"", 401}, {"carol:$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/\n", 200}, {"no line\ncarol:$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/\n", 200},
		{"carol:$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ.\n", 401}} {
		if err := os.WriteFile(a.edge.Path("changing"), []byte(step.text), 0o644); err != nil {
			a.fatalf("%v", err)
		}
		a.check(a.ask(request), want{status: step.status})
	}
}

// inOrder comes as far as each rule: the limit counts first, the address is looked at
// before a password is asked for, and that before an app is.
func inOrder(a *attempt) {
	a.edge.record.answer(a.mark, say(pageOf("402 Pay", "pay\n")))
	ask := func(from string, status, reaches int, lines ...string) {
		a.check(a.askFrom(a.own(from), get("gates.test", "/all", lines...)), want{status: status, reaches: reaches})
	}
	ask("127.0.%d.4", 403, never, basic("alice:secret"))
	ask("127.0.%d.4", 429, never, basic("alice:secret"))
	ask("127.0.%d.5", 401, never)
	ask("127.0.%d.5", 429, never, basic("alice:secret"))
	ask("127.0.%d.6", 402, 1, basic("alice:secret"))
	ask("127.0.%d.6", 429, 1, basic("alice:secret"))
}
