package conformance

import (
	"fmt"
	"time"
)

// statusCases are K8: what Cache-Status says, of a first request and of a second.
func statusCases() []contractCase {
	const fresh = "Cache-Control: max-age=60"
	of := func(name, request, answer string, told ...string) contractCase {
		return contractCase{clause: "K8", name: name, caches: true, run: func(a *attempt) {
			a.edge.record.answer(a.mark, say(answer))
			for _, one := range told {
				a.check(a.ask(request), want{headers: map[string]string{"Cache-Status": one}})
			}
		}}
	}
	not := func(name, target, detail string, lines ...string) contractCase {
		return of(name, get("told.test", target), page("x", lines...), "edgegen; fwd=uri-miss; detail="+detail)
	}
	return []contractCase{
		of("stored, then a hit", get("told.test", "/"), page("x", fresh), "edgegen; fwd=uri-miss; stored", "~^edgegen; hit; ttl=(60|59|58)$"),
		of("stored by a ttl", get("told.test", "/ttl"), page("x", "Vary: X-Kind"), "edgegen; fwd=miss; stored", "~^edgegen; hit; ttl=(3600|359[0-9])$"),
		of("behind another cache's", get("told.test", "/ttl"), page("x", "Cache-Status: app; hit", "Cache-Status: b"), "app; hit, b, edgegen; fwd=uri-miss; stored", "~^app; hit, b, edgegen; hit; ttl="),
		of("a HEAD that misses", ask("HEAD", "told.test", "/ttl", ""), page("", fresh), "edgegen; fwd=uri-miss; detail=method"),
		not("no freshness", "/", "no-freshness"),
		not("no-store", "/ttl", "no-store", "Cache-Control: no-store"),
		not("private", "/ttl", "private", "Cache-Control: private, max-age=9"),
		not("a cookie for the client", "/ttl", "set-cookie", "Set-Cookie: a=1"),
		not("stale when it comes", "/", "stale", "Cache-Control: max-age=0"),
		not("to be asked about", "/", "no-cache", "Cache-Control: no-cache"),
		not("events", "/ttl", "events", "Content-Type: text/event-stream"),
		not("a coding that no app is asked for", "/ttl", "coding", "Content-Encoding: zstd"),
		of("varying by anything", get("told.test", "/ttl"), page("x", "Vary: *"), "edgegen; fwd=miss; detail=vary"),
		of("a status that is not stored", get("told.test", "/ttl"), pageOf("429 Slow", "x", fresh), "edgegen; fwd=uri-miss; detail=status"),
		of("a failure without a ttl", get("told.test", "/"), pageOf("500 Oops", "x", fresh), "edgegen; fwd=uri-miss; detail=status"),
		of("for somebody", get("told.test", "/ttl", "Authorization: x"), page("x"), "edgegen; fwd=uri-miss; detail=authorization"),
		of("a cookie of the client", get("told.test", "/ttl", "Cookie: a=1"), page("x"), "edgegen; fwd=bypass; detail=cookie"),
		of("no-store of the client", get("told.test", "/ttl", "Cache-Control: no-store"), page("x"), "edgegen; fwd=request; detail=no-store"),
		of("a method", ask("POST", "told.test", "/ttl", "", "Content-Length: 0"), page("x"), "edgegen; fwd=method"),
		of("a body", ask("GET", "told.test", "/ttl", "x", "Content-Length: 1"), page("x"), "edgegen; fwd=bypass; detail=body"),
		of("files", get("told.test", "/files/letters.txt"), page("x"), "edgegen; fwd=bypass; detail=files"),
		of("files, and a page stands for one that is not there", get("told.test", "/files/none"), page("x"), "edgegen; fwd=bypass; detail=files"),
		of("an app that is away, and a page for it", get("told.test", "/gone"), page("x"), "edgegen; fwd=uri-miss; detail=status"),
		of("not asked for by the site", get("main.test", "/"), page("x", "Cache-Status: app"), "app"),
		of("of the edge's own answers", get("told.test", "/%zz"), page("x"), ""),
		{clause: "K8", name: "stale, and the app fails", run: toldStale},
		{clause: "K8", name: "who waits for what another has asked for", caches: true, run: toldCollapsed},
	}
}

func toldStale(a *attempt) {
	a.edge.record.answer(a.mark, inTurn(say(page("old")), say(pageOf("500 Oops", "x"))))
	a.expired(get("told.test", "/brief"), 200*time.Millisecond)
	a.check(a.ask(get("told.test", "/brief")), want{body: "old", headers: map[string]string{"Cache-Status": "~^edgegen; hit; ttl=-?0$"}})
	time.Sleep(time.Second + 100*time.Millisecond) // the grace is over
	a.check(a.ask(get("told.test", "/brief")), want{body: "old", headers: map[string]string{"Cache-Status": "edgegen; fwd=stale; detail=stale-if-error"}})
}

// toldCollapsed has two ask at once for what is not stored yet. The second may come late
// on a busy machine: then it is tried again.
func toldCollapsed(a *attempt) {
	const before = "edgegen; fwd=uri-miss; stored"
	a.edge.record.answer(a.mark, func(x *exchange) {
		time.Sleep(300 * time.Millisecond) // for the other to come
		x.write(page("x", "Cache-Control: max-age=60"))
	})
	var got *response
	for i := range 5 {
		request := get("told.test", fmt.Sprintf("/collapsed/%d", i))
		first, second := a.open("told.test"), a.open("told.test")
		first.send(request)
		time.Sleep(50 * time.Millisecond) // so that it is the first
		second.send(request)
		a.check(first.read("GET"), want{status: 200, headers: map[string]string{"Cache-Status": before, "X-Cache": "MISS"}})
		if got = second.read("GET"); got.header.Get("Cache-Status") == before+"; collapsed" {
			break
		}
	}
	a.check(got, want{status: 200, headers: map[string]string{"Cache-Status": before + "; collapsed", "X-Cache": "MISS"}})
}
