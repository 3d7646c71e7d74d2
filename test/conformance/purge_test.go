package conformance

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"edgegen/internal/api"
)

// purgeCases are K6. Each has an edge on which nobody else stores anything meanwhile: what
// varnishd fetches while a purge comes it does not store.
func purgeCases() []contractCase {
	// Those that count what is purged are asked alone: while other answers are long in
	// coming, a native cache tier mistrusts more than was meant.
	return []contractCase{
		{clause: "K6", name: "what is purged is gone, and nothing else", edge: "open", last: true, run: purges},
		{clause: "K6", name: "what ends long after a purge", edge: "open", last: true, run: lateEnd, differs: "varnish-late-end", observed: `X-Cache is "HIT"`},
		{clause: "K6", name: "stale by a soft purge", edge: "quick", last: true, run: purgedSoftly},
		{clause: "K6", name: "how many a soft purge means", edge: "quick", last: true, run: countedSoftly, differs: "varnish-soft-count", observed: "0 are purged, want 1"},
		{clause: "K6", name: "not by who may not", edge: "open", from: "127.0.0.4", request: ask("PURGE", "soft.test", "/", "", "X-Forwarded-For: 127.0.0.2", "X-Real-IP: 127.0.0.2"),
			want: want{status: 405, headers: map[string]string{"Allow": "~^GET, "}}},
		{clause: "K6", name: "not of a site that says nothing of it", edge: "open", from: "127.0.0.2", request: ask("PURGE", "purge.test", "/", ""), want: want{status: 405}},
		{clause: "K6", name: "not of an alias", edge: "open", from: "127.0.0.2", request: ask("PURGE", "www.soft.test", "/", ""), want: want{status: 405}},
		{clause: "K6", name: "not of a path that is none", edge: "open", from: "127.0.0.2", request: ask("PURGE", "soft.test", "/%zz", ""), want: want{}},
		{clause: "K6", name: "by the method on a plain listener", edge: "open", plain: true, from: "127.0.0.2", request: ask("PURGE", "soft.test", "/", ""), want: want{status: 405}},
	}
}

// purgedBy purges by asking, as users of Varnish do.
func purgedBy(a *attempt) {
	a.edge.record.answer(a.mark, func(x *exchange) { x.write(page(fmt.Sprint(x.number), "Vary: X-Kind")) })
	for _, kind := range []string{"a", "b"} {
		a.ask(get("soft.test", "/by", "X-Kind: "+kind))
	}
	a.ask(get("soft.test", "/by/other"))
	got := a.askFrom("127.0.1.7", ask("PURGE", "soft.test", "/by?utm_x=1", ""))
	a.check(got, want{status: 200, body: "2 forgotten\n", headers: map[string]string{"X-Cache": "PASS", "Cache-Control": "no-store"}})
	a.check(a.ask(get("soft.test", "/by", "X-Kind: a")), want{headers: map[string]string{"X-Cache": "MISS"}})
	a.check(a.ask(get("soft.test", "/by/other")), want{headers: map[string]string{"X-Cache": "HIT"}})
	a.check(a.askFrom("127.0.0.2", ask("PURGE", "soft.test", "/by/none", "")), want{status: 200, body: "0 forgotten\n"})
}

// purge purges by the verb, and returns how many responses were meant. Over HTTP/2 and
// HTTP/3 it asks the edge as the verb does, since a process takes longer.
func (a *attempt) purge(arguments ...string) int {
	for i := range arguments {
		arguments[i] = a.fill(arguments[i])
	}
	if a.over != http1 {
		purged, err := a.edge.Purge(purgeOf(arguments))
		if err != nil {
			a.fatalf("purge %q: %v", arguments, err)
		}
		return purged.Objects
	}
	result := a.edge.Verb("purge", append(arguments, "--json")...)
	var purged api.Purged
	if err := json.Unmarshal([]byte(result.Out), &purged); err != nil || result.Code != 0 {
		a.fatalf("purge %q: code %d, %s%s", arguments, result.Code, result.Out, result.Err)
	}
	return purged.Objects
}

// purgeOf is what the verb makes of its arguments.
func purgeOf(arguments []string) (what api.Purge) {
	for i := 0; i < len(arguments); i++ {
		given := map[string]*string{"--prefix": &what.Prefix, "--site": &what.Site, "--tag": &what.Tag}[arguments[i]]
		switch {
		case arguments[i] == "--soft":
			what.Soft = true
		case given != nil:
			i++
			*given = arguments[i]
		default:
			what.URL = arguments[i]
		}
	}
	return what
}

// verdicts asks for targets, each of which is to come from where it says.
func (a *attempt) verdicts(what string, wanted map[string]string) {
	for target, verdict := range wanted {
		host, path, _ := strings.Cut(target, "/")
		got := a.ask(get(host, "/"+path))
		if cache := got.header.Get("X-Cache"); cache != verdict {
			a.errorf("%s: %s is a %s, want %s", what, target, cache, verdict)
		}
		if tag := got.header.Get("Cache-Tag"); tag != "" {
			a.errorf("%s: Cache-Tag %q is passed on", what, tag)
		}
	}
}

func purges(a *attempt) {
	one, other := a.mark+"-one", a.mark+".+"
	a.edge.record.answer(a.mark, func(x *exchange) {
		lines := []string{"Vary: X-Kind", "ETag: \"v1\""}
		switch {
		case strings.HasPrefix(x.target, "/one"):
			lines = append(lines, "Cache-Tag: all "+one, "cache-tag: "+other+",third")
		case strings.HasPrefix(x.target, "/two"):
			lines = append(lines, "Cache-Tag: all-of-it,,"+a.mark+"aa")
		}
		x.write(page(fmt.Sprint(x.number), lines...))
	})
	const p = "purge.test"
	fill := func() {
		for _, target := range []string{"/one", "/one/b", "/two", "/three?a=1"} {
			a.ask(get(p, target))
		}
		a.ask(get("shop."+p, "/one"))
	}
	all := func(verdict string, but ...string) map[string]string {
		wanted := map[string]string{p + "/one": verdict, p + "/one/b": verdict, p + "/two": verdict, p + "/three?a=1": verdict, "shop." + p + "/one": verdict}
		for _, target := range but {
			wanted[target] = "MISS"
		}
		return wanted
	}
	a.trusted(p)
	a.purge("--site", p) // what others have left
	fill()
	a.verdicts("before", all("HIT"))
	a.ask(get(p, "/one", "X-Kind: b"))
	a.counted("a URL with variants", 2, "https://PURGE.test.:8443/one?utm_x=1&case={case}")
	a.verdicts("a URL", all("HIT", p+"/one"))
	a.counted("a URL that is not stored", 0, "https://purge.test/one?case={case}x")
	for _, odd := range []string{`/"`, `/x"y\"?a="b"&&c|d`, `/'\`, `/.*`, `/%22%5C`, `/;$(x){y}`} {
		target, joint := p+odd, "?"
		if strings.Contains(odd, joint) {
			joint = "&"
		}
		a.verdicts("an odd one that is not stored", map[string]string{target: "MISS"})
		a.counted("the odd URL "+odd, 1, "https://"+target+joint+"case={case}")
		a.verdicts("an odd one that was purged", map[string]string{target: "MISS"})
		a.counted("the odd prefix "+odd, 1, "--prefix", target)
	}
	a.counted("a prefix", 2, "--prefix", p+"/one")
	a.verdicts("a prefix", all("HIT", p+"/one", p+"/one/b"))
	a.counted("a tag", 3, "--tag", one)
	a.verdicts("a tag", all("HIT", p+"/one", p+"/one/b", "shop."+p+"/one"))
	a.counted("a tag of the second line", 3, "--tag", other)
	a.verdicts("a tag of the second line", all("HIT", p+"/one", p+"/one/b", "shop."+p+"/one"))
	a.counted("a part of a tag", 0, "--tag", a.mark)
	a.verdicts("a part of a tag", all("HIT"))
	a.counted("the site", 5, "--site", p)
	a.verdicts("the site", all("MISS"))
	purgedBy(a)
	a.inFlight()
}

// trusted waits until what is stored outlives the purge of something else. It does not for
// some seconds after one that could not wait for all answers (lateEnd).
func (a *attempt) trusted(host string) {
	for deadline := time.Now().Add(4 * patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		a.ask(get(host, "/trusted"))
		a.purge("https://" + host + "/nothing")
		if a.ask(get(host, "/trusted")).header.Get("X-Cache") == "HIT" {
			return
		}
	}
	a.errorf("nothing that is stored outlives the purge of something else")
}

// counted purges, and holds how many responses were meant.
func (a *attempt) counted(what string, want int, arguments ...string) {
	if got := a.purge(arguments...); got != want {
		a.errorf("%s: %d are purged, want %d", what, got, want)
	}
}

// lateEnd purges what is being fetched, which ends when nobody waits for it any more.
func lateEnd(a *attempt) {
	began, release := make(chan struct{}), make(chan struct{})
	a.edge.record.answer(a.mark, func(x *exchange) {
		select {
		case <-began:
			x.write(page("new!"))
			return
		default:
		}
		x.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\no")
		close(began)
		select {
		case <-release:
		case <-time.After(2 * patience):
		}
		x.write("ld!")
	})
	c := a.open("purge.test")
	c.send(get("purge.test", "/late"))
	<-began
	a.purge("--site", "purge.test")
	time.Sleep(5200 * time.Millisecond) // longer than it is waited for
	close(release)
	a.check(c.read("GET"), want{status: 200, body: "old!"})
	a.check(a.ask(get("purge.test", "/late")), want{body: "new!", headers: map[string]string{"X-Cache": "MISS"}})
}

// inFlight purges what is being fetched: before its head has come, and before its end.
func (a *attempt) inFlight() {
	for _, sent := range []string{"", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nCache-Tag: f" + a.mark + "\r\n\r\no"} {
		began, release := make(chan struct{}), make(chan struct{})
		old := page("old!", "Cache-Tag: f"+a.mark)
		if sent != "" {
			old = sent + "ld!"
		}
		a.edge.record.answer(a.mark, func(x *exchange) {
			select {
			case <-began:
				x.write(page("new!", "Cache-Tag: f"+a.mark))
				return
			default:
			}
			x.write(old[:len(sent)])
			close(began)
			select {
			case <-release:
			case <-time.After(patience):
			}
			x.write(old[len(sent):])
		})
		target := fmt.Sprintf("/flight/%d", len(sent))
		before := make(chan *response, 1)
		go func() { before <- a.ask(get("purge.test", target)) }()
		<-began
		a.purge("--tag", "f"+a.mark)
		after := make(chan *response, 1)
		go func() { after <- a.ask(get("purge.test", target)) }()
		time.Sleep(50 * time.Millisecond) // it may wait for the first, and is not to get it
		close(release)
		if got := <-before; got.body != "old!" {
			a.errorf("who asked before the purge gets %q", got.body)
		}
		if got := <-after; got.body != "new!" {
			a.errorf("who asked after the purge, while a fetch of before was under way, gets %q", got.body)
		}
		if got := a.ask(get("purge.test", target)); got.body != "new!" {
			a.errorf("what was asked for before the purge is stored: %q", got.body)
		}
	}
}

func purgedSoftly(a *attempt) {
	a.edge.record.answer(a.mark, func(x *exchange) { x.write(page(fmt.Sprint(x.number), "Cache-Tag: other s"+a.mark)) })
	kept, meant := get("stale.test", "/beside"), get("stale.test", "/soft/x")
	for _, request := range []string{kept, meant} {
		a.check(a.ask(request), want{headers: map[string]string{"X-Cache": "MISS"}})
		a.check(a.ask(request), want{headers: map[string]string{"X-Cache": "HIT"}})
	}
	for _, arguments := range [][]string{{"https://stale.test/soft/x?case={case}"}, {"--prefix", "stale.test/soft/x?case={case}"}, {"--tag", "s" + a.mark}} {
		a.purge(append([]string{"--soft"}, arguments...)...)
		a.check(a.ask(meant), want{headers: map[string]string{"X-Cache": "STALE"}})
		if arguments[0] != "--tag" {
			a.check(a.ask(kept), want{body: "1", headers: map[string]string{"X-Cache": "HIT"}})
		}
		a.until(meant, "HIT")
	}
	a.check(a.ask(kept), want{body: "1", headers: map[string]string{"X-Cache": "STALE"}})
	a.purge("--soft", "--tag", "s"+a.mark+"x")
	a.check(a.ask(meant), want{headers: map[string]string{"X-Cache": "HIT"}})
	a.purge("--soft", "--site", "stale.test")
	a.check(a.ask(meant), want{headers: map[string]string{"X-Cache": "STALE"}})
	a.until(meant, "HIT")
}

// until asks until what was fetched behind a stale answer is there.
func (a *attempt) until(request, verdict string) {
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) { // between two looks
		if a.ask(request).header.Get("X-Cache") == verdict {
			return
		}
		if time.Now().After(end) {
			a.fatalf("no %s", verdict)
		}
	}
}

func countedSoftly(a *attempt) {
	a.edge.record.answer(a.mark, func(x *exchange) { x.write(page("x", "Cache-Tag: c"+a.mark)) })
	a.check(a.ask(get("stale.test", "/")), want{headers: map[string]string{"X-Cache": "MISS"}})
	a.counted("softly", 1, "--soft", "--tag", "c"+a.mark)
}
