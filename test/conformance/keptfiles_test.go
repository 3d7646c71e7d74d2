package conformance

import (
	"os"
	"path/filepath"
	"time"
)

// keptFileCases are K1 for files, which a route's ttl lets the cache keep.
func keptFileCases() []contractCase {
	return []contractCase{
		{clause: "K1", name: "a file is kept, as it was, while the ttl lasts", caches: true, run: keptFile},
		{clause: "K1", name: "a file that has changed shows when the ttl is over", caches: true, run: changedFile},
		{clause: "K1", name: "a file that has not changed is confirmed when the ttl is over", caches: true, run: confirmedFile},
		{clause: "K1", name: "a kept file, by conditions and by HEAD", caches: true, run: keptConditions},
		{clause: "K1", name: "a kept file, compressed and not", caches: true, run: keptCompressed},
		{clause: "K1", name: "no file is kept, too, until the ttl is over", caches: true, run: keptAbsence},
		{clause: "A2", name: "a kept file is for nobody who may not come in", caches: true, run: keptInside},
		{clause: "S2", name: "without a ttl a file that has changed shows at once", run: changedAtOnce},
	}
}

// file writes one below the root of the sites, and returns its name. Its time is long ago,
// so that no other one is the same.
func (a *attempt) file(directory, text string, changed time.Duration) (target string) {
	name := filepath.Join(directory, "kept-"+a.mark+".txt")
	path := filepath.Join(a.edge.Dir, "public", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		a.fatalf("%v", err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		a.fatalf("%v", err)
	}
	at := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC).Add(changed)
	if err := os.Chtimes(path, at, at); err != nil {
		a.fatalf("%v", err)
	}
	a.cleanup(func() { _ = os.Remove(path) }) // a test's own litter
	return "/" + filepath.ToSlash(name)
}

// verdict is what is wanted of a file that the cache may have.
func verdict(cache, body string) want {
	return want{status: 200, body: body, reaches: never, headers: map[string]string{"X-Cache": cache, "ETag": "~.", "Content-Type": "text/plain; charset=utf-8"}}
}

func keptFile(a *attempt) {
	request := get("kept.test", a.file(".", "old\n", 0))
	a.check(a.ask(request), verdict("MISS", "old\n"))
	a.file(".", "newer\n", time.Hour)
	a.check(a.ask(request), verdict("HIT", "old\n"))
}

func changedFile(a *attempt) {
	request := get("kept.test", a.file("brief", "old\n", 0))
	a.check(a.ask(request), verdict("MISS", "old\n"))
	a.file("brief", "newer\n", time.Hour)
	time.Sleep(1200 * time.Millisecond) // time itself is what is tried
	a.check(a.ask(request), verdict("MISS", "newer\n"))
}

func confirmedFile(a *attempt) {
	request := get("kept.test", a.file("brief", "same\n", 0))
	first := a.ask(request)
	a.check(first, verdict("MISS", "same\n"))
	time.Sleep(1200 * time.Millisecond) // time itself is what is tried
	before := time.Now()
	second := a.ask(request)
	a.check(second, verdict("MISS", "same\n"))
	for _, name := range []string{"ETag", "Last-Modified"} {
		a.compare(name, second.header.Get(name), first.header.Get(name))
	}
	a.compare("Cache-Status", second.header.Get("Cache-Status"), "edgegen; fwd=stale; stored")
	for {
		asked := time.Now()
		third := a.ask(request)
		if time.Since(before) < time.Second { // else the ttl may be over once more
			a.check(third, verdict("HIT", "same\n"))
			return
		}
		before = asked
	}
}

func keptConditions(a *attempt) {
	target := a.file(".", letters, 0)
	first := a.ask(get("kept.test", target))
	a.check(first, verdict("MISS", letters))
	tag, hit := first.header.Get("ETag"), map[string]string{"X-Cache": "HIT"}
	a.check(a.ask(get("kept.test", target, "If-None-Match: "+tag)), want{status: 304, headers: hit})
	a.check(a.ask(get("kept.test", target, "If-Modified-Since: Thu, 29 Feb 2024 12:00:00 GMT")), want{status: 304, headers: hit})
	a.check(a.ask(get("kept.test", target, "Range: bytes=2-3", "If-Range: "+tag)), want{status: 206, body: "cd", headers: hit})
	a.check(a.ask(get("kept.test", target, "Range: bytes=26-")), want{status: 416, headers: hit})
	a.check(a.ask(ask("HEAD", "kept.test", target, "")), want{status: 200, headers: map[string]string{"X-Cache": "HIT", "Content-Length": "26", "ETag": tag}})
}

// keptCompressed has both forms of a file stored beside each other.
func keptCompressed(a *attempt) {
	target := "/data.json?kept=" + a.mark
	plain, coded := get("kept.test", target), get("kept.test", target, "Accept-Encoding: gzip")
	for _, cache := range []string{"MISS", "HIT"} {
		a.check(a.ask(coded), want{status: 200, body: packed("{}\n"), headers: map[string]string{"Content-Encoding": "gzip", "X-Cache": cache, "Vary": "~(?i)Accept-Encoding"}})
		a.check(a.ask(plain), want{status: 200, body: "{}\n", headers: map[string]string{"Content-Encoding": "", "X-Cache": cache}})
	}
}

func keptAbsence(a *attempt) {
	request := get("kept.test", "/brief/kept-"+a.mark+".txt")
	for _, cache := range []string{"MISS", "HIT"} {
		a.check(a.ask(request), want{status: 404, headers: map[string]string{"X-Cache": cache}})
	}
	a.file("brief", "there\n", 0)
	time.Sleep(1200 * time.Millisecond) // time itself is what is tried
	a.check(a.ask(request), verdict("MISS", "there\n"))
}

func keptInside(a *attempt) {
	request := get("kept.test", a.file("inside", "kept\n", 0))
	a.check(a.ask(request), verdict("MISS", "kept\n"))
	a.check(a.ask(request), verdict("HIT", "kept\n"))
	a.check(a.askFrom("127.0.0.2", request), want{status: 403, headers: map[string]string{"X-Cache": "PASS"}})
}

func changedAtOnce(a *attempt) {
	request := get("files.test", a.file(".", "old\n", 0))
	a.check(a.ask(request), want{status: 200, body: "old\n"})
	a.file(".", "newer\n", time.Hour)
	a.check(a.ask(request), want{status: 200, body: "newer\n", headers: map[string]string{"X-Cache": "PASS"}})
}
