package conformance

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

// entry is a line of the access log.
type entry struct {
	Time      time.Time
	ID        string
	Client    string
	Method    string
	Host      string
	Path      string
	Protocol  string
	Status    int
	Bytes     int64
	Received  int64
	Duration  int64 `json:"duration_us"`
	Cache     string
	Tier      string
	Backend   string
	Upstream  int64 `json:"upstream_us"`
	Referer   string
	UserAgent string `json:"user_agent"`
}

// fields are the names in a line, in their order.
func fields() []string {
	return []string{"time", "id", "client", "method", "host", "path", "protocol", "status", "bytes", "received", "duration_us",
		"cache", "tier", "backend", "upstream_us", "referer", "user_agent"}
}

// logCases are F5 and what else the access log says: one line for each
// request, with the same fields whoever serves.
func logCases() []contractCase {
	onApp := entry{Tier: "backend", Backend: "app"}
	byCache, byWeb := entry{Tier: "cache"}, entry{Tier: "web"}
	one := func(name, request string, want entry) contractCase {
		return contractCase{clause: "F5", name: "the log of " + name, run: func(a *attempt) { a.logs(request, want) }}
	}
	return []contractCase{
		one("a request past the cache", get("main.test", "/a%20b?c=d&e", "Cookie: session=1"), onApp),
		one("a long URL", get("main.test", "/"+strings.Repeat("long/", 800)), onApp),
		one("a POST", ask("POST", "main.test", "/form", "hello", "Content-Length: 5"), onApp),
		one("a HEAD", ask("HEAD", "main.test", "/", ""), onApp),
		one("a page that is not stored", get("main.test", "/"), onApp),
		one("a file", get("files.test", "/letters.txt"), byWeb),
		one("a part of a file", get("files.test", "/letters.txt", "Range: bytes=3-7"), byWeb),
		one("a redirect", get("main.test", "/old"), byWeb),
		one("a redirect to the canonical host", get("www.main.test", "/x"), byCache),
		one("a file that is not there", get("files.test", "/nothing"), byWeb),
		one("a path of no route", get("partial.test", "/nothing"), byCache),
		one("a method that is not allowed", ask("TRACE", "main.test", "/", ""), byCache),
		one("a POST to a file", ask("POST", "files.test", "/letters.txt", "", "Content-Length: 0"), byWeb),
		one("a host of no site", get("unknown.test", "/"), byCache),
		one("half a handshake", get("main.test", "/ws", "Connection: Upgrade", "Upgrade: websocket"), byCache),
		one("an app that refuses", get("main.test", "/dead"), entry{Tier: "web", Backend: "dead"}),
		one("what stands behind files", get("files.test", "/both/nothing"), onApp),
		{clause: "F5", name: "the log of a file that an app hands over", run: func(a *attempt) {
			a.edge.record.answer(a.mark, say(page("", "X-Accel-Redirect: /files/letters.txt")))
			a.logs(get("handed.test", "/lead"), entry{Tier: "web", Backend: "app"})
		}},
		{clause: "F5", name: "the log of a whole URL as target", run: loggedAbsolute},
		{clause: "F5", name: "the log of two Hosts", run: loggedUnread},
		{clause: "F5", name: "the log of redirects on http", plain: true, run: loggedOnPlain},
		{clause: "F5", name: "the log of a miss and a hit", caches: true, run: loggedHit},
		{clause: "F5", name: "the log of a file that is stored", caches: true, run: loggedStoredFile},
		{clause: "K5", name: "files that are never stored", run: loggedPassedFiles},
		{clause: "F5", name: "the log of a stale answer", caches: true, run: loggedStale},
		{clause: "F5", name: "the log of a slow app", run: loggedSlow},
		{clause: "F5", name: "the log of a client that leaves", run: loggedGone("/gone-client", say(page("late")))},
		{clause: "F5", name: "the log of a client that leaves before an app fails", run: loggedGone("/gone-client", (*exchange).reset)},
		{clause: "F5", name: "the log of a client that leaves before chunks", run: loggedGone("/gone-client", say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"))},
		{clause: "F5", name: "the log of a WebSocket", run: loggedSocket("/ws", "app")},
		{clause: "F5", name: "the log of a WebSocket to one of two", run: loggedSocket("/pair-ws", "")},
		{clause: "F5", name: "the log of a WebSocket to a Unix socket", run: loggedSocket("/local-ws", "local")},
		{clause: "F5", name: "the log of a WebSocket that nobody takes", run: loggedNoSocket,
			differs: "varnish-pipe-failure", observed: "no answer"},
		{clause: "F5", name: "the log of a handshake that the app refuses", run: loggedRefusal,
			differs: "varnish-piped-log", observed: "status 101"},
		{clause: "F5", name: "the log of hostile headers", run: loggedHostile},
		{clause: "F5", name: "an app cannot write in the log", run: loggedForged},
	}
}

// entries waits for the lines about the case's requests.
func (a *attempt) entries(count int) []entry {
	var found []entry
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) { // between two looks
		found = found[:0]
		for _, line := range a.linesBefore() {
			found = append(found, a.entry([]byte(line)))
		}
		if len(found) >= count || time.Now().After(deadline) {
			break
		}
	}
	if len(found) != count {
		a.fatalf("%d lines in the access log, want %d", len(found), count)
	}
	return found
}

// entry reads a line: JSON that every reader takes, with the fields in order.
func (a *attempt) entry(line []byte) (e entry) {
	if err := json.Unmarshal(line, &e); err != nil {
		a.fatalf("%v in %q", err, line)
	}
	var names []string
	decoder := json.NewDecoder(bytes.NewReader(line))
	for i := -1; ; i++ { // the brace is -1
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if name, ok := token.(string); ok && i%2 == 0 {
			names = append(names, name)
		}
	}
	if !slices.Equal(names, fields()) {
		a.errorf("the fields are %q", names)
	}
	return e
}

// logs asks and holds the line against the answer and against want, in which
// Backend is a backend's name.
func (a *attempt) logs(request string, want entry) entry {
	before := time.Now()
	lines := len(a.linesBefore())
	got := a.askFrom("127.0.0.5", request)
	e := a.entries(lines + 1)[lines]
	method, rest, _ := strings.Cut(a.fill(request), " ")
	path, _, _ := strings.Cut(rest, " ")
	a.compare("client", e.Client, "127.0.0.5")
	a.compare("method", e.Method, method)
	a.compare("host", e.Host, hostOf(request))
	a.compare("path", e.Path, path)
	a.compare("protocol", e.Protocol, [...]string{"HTTP/1.1", "HTTP/2.0", "HTTP/3.0"}[a.over])
	a.compare("cache", e.Cache, got.header.Get("X-Cache"))
	a.compare("tier", e.Tier, want.Tier)
	a.compare("backend", e.Backend, a.server(want.Backend))
	a.compare("id", e.ID, "~^[A-Za-z0-9-]{16,}$")
	if seen := a.seen(); want.Tier == "backend" && len(seen) > 0 {
		a.compare("id", e.ID, a.last().header.Get("X-Request-Id"))
	}
	if e.Status != got.status || e.Bytes != int64(len(got.body)) || e.Received != 0 {
		a.errorf("status %d, bytes %d, received %d; the answer has %d and %d", e.Status, e.Bytes, e.Received, got.status, len(got.body))
	}
	took := time.Since(before)
	if e.Time.Before(before.Add(-time.Second)) || e.Time.After(time.Now().Add(time.Second)) {
		a.errorf("time %v, asked at %v", e.Time, before)
	}
	if e.Duration <= 0 || e.Duration > took.Microseconds() || e.Upstream < 0 || e.Upstream > e.Duration+2000 { // nginx rounds
		a.errorf("duration %d, upstream %d, of %v", e.Duration, e.Upstream, took)
	}
	if want.Backend == "" && e.Upstream != 0 {
		a.errorf("upstream %d without a backend", e.Upstream)
	}
	return e
}

// linesBefore are the lines that the case has in the log already.
func (a *attempt) linesBefore() []string {
	lines, err := a.edge.log.about(a.mark)
	if err != nil {
		a.fatalf("%v", err)
	}
	return lines
}

// server is the address of a backend with one server, as the site has it.
func (a *attempt) server(backend string) string {
	if backend == "" {
		return ""
	}
	site, err := os.ReadFile(a.edge.Path("site.hcl"))
	if err != nil {
		a.fatalf("%v", err)
	}
	return string(regexp.MustCompile(`backend "` + backend + `" +{\s+servers = \["([^"]+)"\]`).FindSubmatch(site)[1])
}

// loggedAbsolute: the target's host counts, and the path is written as one.
func loggedAbsolute(a *attempt) {
	a.askFrom("127.0.0.5", "GET http://main.test/whole?case={case} HTTP/1.1\r\nHost: second.test\r\n\r\n")
	e := a.entries(1)[0]
	a.compare("host", e.Host, "main.test")
	a.compare("path", e.Path, "/whole?case={case}")
	a.compare("backend", e.Backend, a.server("app"))
}

// loggedUnread: what is refused before it is looked at has a line as well.
func loggedUnread(a *attempt) {
	a.askFrom("127.0.0.5", get("main.test", "/", "Host: second.test"))
	e := a.entries(1)[0]
	a.compare("client", e.Client, "127.0.0.5")
	a.compare("tier", e.Tier, "cache")
	a.compare("cache", e.Cache, "PASS")
	if e.Status != 400 {
		a.errorf("status %d", e.Status)
	}
}

func loggedOnPlain(a *attempt) {
	c := a.openPlain("127.0.0.5")
	c.send(get("main.test", "/x"))
	got := c.read("GET")
	e := a.entries(1)[0]
	a.compare("client", e.Client, "127.0.0.5")
	a.compare("path", e.Path, "/x?case={case}")
	a.compare("cache", e.Cache, got.header.Get("X-Cache"))
	a.compare("tier", e.Tier, "~^(?:cache|web)$") // a builtin web tier knows the answer itself
	a.compare("backend", e.Backend, "")
	if e.Status != 301 || e.Bytes != int64(len(got.body)) {
		a.errorf("status %d, bytes %d", e.Status, e.Bytes)
	}
}

func loggedHit(a *attempt) {
	a.compare("the first", a.logs(get("main.test", "/ttl/logged"), entry{Tier: "backend", Backend: "app"}).Cache, "MISS")
	a.compare("the second", a.logs(get("main.test", "/ttl/logged"), entry{Tier: "cache"}).Cache, "HIT")
}

func loggedStoredFile(a *attempt) {
	a.compare("the first", a.logs(get("files.test", "/stored"), entry{Tier: "web"}).Cache, "MISS")
	a.compare("the second", a.logs(get("files.test", "/stored"), entry{Tier: "cache"}).Cache, "HIT")
}

// loggedPassedFiles: without a ttl there is nothing to miss.
func loggedPassedFiles(a *attempt) {
	for _, request := range []string{
		get("files.test", "/letters.txt"),
		get("files.test", "/letters.txt", "Range: bytes=3-7"),
		get("files.test", "/letters.txt", "If-None-Match: *"),
		ask("HEAD", "files.test", "/letters.txt", ""),
		get("files.test", "/nothing"),
	} {
		for range 2 {
			a.compare(request, a.logs(request, entry{Tier: "web"}).Cache, "PASS")
		}
	}
	a.compare("where an app may answer", a.logs(get("files.test", "/both/file.txt"), entry{Tier: "web"}).Cache, "MISS")
}

func loggedStale(a *attempt) {
	a.edge.record.answer(a.mark, inTurn(say(page("old")), say(pageOf("500 Oops", "x"))))
	a.expired(get("main.test", "/brief"), 1300*time.Millisecond)
	a.entries(1)
	a.compare("cache", a.logs(get("main.test", "/brief"), entry{Tier: "cache"}).Cache, "STALE")
}

func loggedSlow(a *attempt) {
	a.edge.record.answer(a.mark, func(x *exchange) {
		time.Sleep(100 * time.Millisecond) // it is slow
		x.write(page("late"))
	})
	e := a.logs(get("main.test", "/"), entry{Tier: "backend", Backend: "app"})
	if e.Upstream < 90_000 || e.Duration < 90_000 {
		a.errorf("duration %d, upstream %d, of an app that takes 100 ms", e.Duration, e.Upstream)
	}
}

// loggedSocket has more bytes go one way than the other.
func loggedSocket(target, backend string) func(*attempt) {
	return func(a *attempt) {
		a.edge.record.answer(a.mark, func(x *exchange) {
			x.write(switching + "\r\n" + strings.Repeat("d", 5000))
			x.rest()
		})
		before := time.Now()
		c := a.openFrom("127.0.0.5", "main.test")
		c.send(handshake("main.test", target))
		c.read("GET")
		c.expect(strings.Repeat("d", 5000))
		c.send(strings.Repeat("u", 300))
		time.Sleep(100 * time.Millisecond) // it is open
		_ = c.conn.Close()                 // the app sees it
		e := a.entries(1)[0]
		took := time.Since(before)
		a.compare("id", e.ID, a.last().header.Get("X-Request-Id"))
		a.compare("client", e.Client, "127.0.0.5")
		a.compare("cache", e.Cache, "PASS")
		a.compare("tier", e.Tier, "backend")
		if backend != "" {
			a.compare("backend", e.Backend, a.server(backend))
		} else {
			a.compare("backend", e.Backend, `~^127\.0\.0\.1:[0-9]+$`)
		}
		if e.Status != 101 || e.Received != 300 || e.Bytes < 5000 || e.Bytes > 5400 { // it may have the head
			a.errorf("status %d, %d bytes up and %d down", e.Status, e.Received, e.Bytes)
		}
		if e.Duration < 100_000 || e.Duration > took.Microseconds() || e.Upstream <= 0 || e.Upstream > e.Duration {
			a.errorf("duration %d, upstream %d, of %v", e.Duration, e.Upstream, took)
		}
	}
}

func loggedNoSocket(a *attempt) {
	c := a.openFrom("127.0.0.5", "main.test")
	c.send(handshake("main.test", "/dead-ws"))
	got := c.tryRead("GET")
	e := a.entries(1)[0]
	a.compare("tier", e.Tier, "cache")
	a.compare("backend", e.Backend, a.server("dead"))
	if e.Status != 502 {
		a.errorf("status %d", e.Status)
	}
	if got == nil && len(a.problems) == 0 {
		a.errorf("no answer")
	}
}

func loggedRefusal(a *attempt) {
	a.edge.record.answer(a.mark, refuse())
	got := a.askFrom("127.0.0.5", handshake("main.test", "/ws"))
	e := a.entries(1)[0]
	a.compare("backend", e.Backend, a.server("app"))
	if e.Status != got.status {
		a.errorf("status %d, the answer's is %d", e.Status, got.status)
	}
}

func loggedHostile(a *attempt) {
	e := a.logs(get("main.test", "/&\u00e4", "Cookie: past=cache", "User-Agent: \"a\\b\"},{x\ty\xff\u00e9\u009b$(id)%41</script>", `Referer: \" \x22 \n`), entry{Tier: "backend", Backend: "app"})
	a.compare("user agent", e.UserAgent, "\"a\\b\"},{x\ufffdy\ufffd\u00e9\ufffd$(id)%41</script>")
	a.compare("referer", e.Referer, `\" \x22 \n`)
}

func loggedForged(a *attempt) {
	a.edge.record.answer(a.mark, say(page("x", "X-Edge-Tier: web 77000000 192.0.2.1:1", "X-Edge-Tier: cache")))
	for i, path := range []string{"/", "/ttl/forged"} {
		a.logs(get("main.test", path), entry{Tier: "backend", Backend: "app"})
		a.checkOwn(a.ask(get("main.test", path)))
		a.entries(2 * (i + 1))
	}
}
