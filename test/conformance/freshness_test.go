package conformance

import (
	"strings"
	"time"
)

// freshnessCases are K4: stale answers.
func freshnessCases() []contractCase {
	return []contractCase{
		{clause: "K4", name: "grace: stale at once, fresh soon", run: grace},
		{clause: "K4", name: "past its grace: fetched", run: pastGrace},
		{clause: "K4", name: "stale_if_error: the backend says 500", run: staleIfError(say(pageOf("500 Oops", "x")), 200)},
		{clause: "K4", name: "stale_if_error: the backend breaks off", run: staleIfError((*exchange).reset, 200)},
		{clause: "K4", name: "stale_if_error: not for a 404", run: staleIfError(say(pageOf("404 Not Found", "x")), 404)},
		{clause: "K4", name: "must-revalidate: never stale", run: mustRevalidate},
		{clause: "K1", name: "a stale answer with a validator is asked about", run: revalidated},
	}
}

// expired stores an answer for a second and waits until that is over by so much.
func (a *attempt) expired(request string, extra time.Duration) {
	a.check(a.ask(request), want{status: 200, headers: map[string]string{"X-Cache": "MISS"}})
	time.Sleep(time.Second + extra) // time itself is what is tried
}

func grace(a *attempt) {
	a.edge.record.answer(a.mark, inTurn(say(page("old")), say(page("new"))))
	a.expired(get("patient.test", "/brief"), 200*time.Millisecond)
	a.check(a.ask(get("patient.test", "/brief")), want{body: "old", headers: map[string]string{"X-Cache": "STALE"}})
	deadline := time.Now().Add(patience)
	for len(a.seen()) < 2 && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond) // between two looks
	}
	if len(a.seen()) != 2 {
		a.errorf("%d fetches, want 2", len(a.seen()))
	}
}

func pastGrace(a *attempt) {
	a.edge.record.answer(a.mark, inTurn(say(page("old")), say(page("new"))))
	a.expired(get("main.test", "/brief"), 1300*time.Millisecond) // grace is 1s there
	a.check(a.ask(get("main.test", "/brief")), want{body: "new", headers: map[string]string{"X-Cache": "MISS"}, reaches: 2})
}

func staleIfError(failure func(*exchange), status int) func(*attempt) {
	return func(a *attempt) {
		a.edge.record.answer(a.mark, inTurn(say(page("old")), failure))
		a.expired(get("main.test", "/brief"), 1300*time.Millisecond)
		wanted := want{status: status}
		if status == 200 {
			wanted.body, wanted.headers = "old", map[string]string{"X-Cache": "STALE"}
		}
		a.check(a.ask(get("main.test", "/brief")), wanted)
	}
}

func mustRevalidate(a *attempt) {
	a.edge.record.answer(a.mark, inTurn(say(page("old", "Cache-Control: max-age=1, must-revalidate")), say(pageOf("500 Oops", "x"))))
	a.expired(get("main.test", "/"), 100*time.Millisecond)
	if got := a.ask(get("main.test", "/")); got.status < 500 || got.header.Get("X-Cache") == "STALE" {
		a.errorf("status %d, X-Cache %s", got.status, got.header.Get("X-Cache"))
	}
}

func revalidated(a *attempt) {
	a.edge.record.answer(a.mark, inTurn(say(page("old", `ETag: "v1"`, "Cache-Control: max-age=1, stale-while-revalidate=0")),
		say("HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\nCache-Control: max-age=60\r\n\r\n")))
	a.expired(get("main.test", "/"), 200*time.Millisecond)
	a.check(a.ask(get("main.test", "/")), want{status: 200, body: "old", reaches: 2})
	if !strings.Contains(a.last().head, `If-None-Match: "v1"`) {
		a.errorf("the backend is asked %q", a.last().head)
	}
}
