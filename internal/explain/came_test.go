package explain

import (
	"strings"
	"testing"

	"edgegen/internal/site"
)

// TestV1CameLine holds that the first line says why what came is what it is, where only an
// answer shows that.
func TestV1CameLine(t *testing.T) {
	e := servedBy(t, questioned(t), questions, site.Engines{TLS: site.Builtin, Cache: site.Builtin, Web: site.Builtin})
	line := func(tier, backend string) LogLine { return LogLine{"tier": tier, "backend": backend} }
	app := line("backend", "127.0.0.1:5000")
	for _, c := range []struct {
		question, url, field string
		status               int
		header               string
		log                  LogLine
		unwell               []string
		first                string
	}{
		{"why not cached: Set-Cookie", "/ttl", "", 200, "X-Cache: MISS|Set-Cookie: a=1", app, nil, "200 MISS: app (127.0.0.1:5000) has answered, and that is not stored: it sets a cookie (Set-Cookie)"},
		{"why not cached: private", "/x", "", 200, "X-Cache: MISS|Cache-Control: private, max-age=60", app, nil, "200 MISS: app (127.0.0.1:5000) has answered, and that is not stored: its Cache-Control says private"},
		{"why not cached: Vary *", "/ttl", "", 200, "X-Cache: MISS|Vary: *", app, nil, "200 MISS: app (127.0.0.1:5000) has answered, and that is not stored: its Vary is *, or names too much"},
		{"why not cached: no freshness", "/x", "", 200, "X-Cache: MISS", nil, nil, "200 MISS: app has answered, and that is not stored: it names no freshness (Cache-Control or Expires), and the route has no ttl"},
		{"why not cached: Authorization", "/ttl", "Authorization: Bearer x", 200, "X-Cache: MISS", app, nil, "200 MISS: app (127.0.0.1:5000) has answered, and that is not stored: the request has Authorization, and it does not say public, s-maxage or must-revalidate"},
		{"why not cached: protected", "/auth", "", 200, "X-Cache: MISS|Cache-Control: max-age=60", app, nil, "200 MISS: app (127.0.0.1:5000) has answered, and that is not stored: it is known who asks, and it does not say public"},
		{"why not cached: a failure", "/x", "", 500, "X-Cache: MISS|Cache-Control: max-age=60", app, nil, "500 MISS: app (127.0.0.1:5000) has answered, and that is not stored: no answer with this status is, or only on a route with a ttl"},
		{"cached: a ttl", "/ttl", "", 200, "X-Cache: MISS", app, nil, "200 MISS: app (127.0.0.1:5000) has answered, and that is stored for 1h"},
		{"cached: max-age", "/x", "", 200, "X-Cache: MISS|Cache-Control: max-age=60", app, nil, "200 MISS: app (127.0.0.1:5000) has answered, and that is stored for 1m"},
		{"a hit", "/x", "", 200, "X-Cache: HIT|Age: 7", line("cache", ""), nil, "200 HIT: what is stored answers, which is 7 s old"},
		{"stale", "/x", "", 200, "X-Cache: STALE|Age: 99", line("cache", ""), nil, "200 STALE: what is stored answers, which is 99 s old"},
		{"past the cache", "/x", "Cookie: session=1", 404, "X-Cache: PASS", app, nil, `404 PASS: app (127.0.0.1:5000) has answered, and is asked each time: cookie "session" is not ignored`},
		{"why 502", "/x", "", 502, "X-Cache: MISS", line("web", "127.0.0.1:5000"), nil, "502: app (127.0.0.1:5000) has refused the connection, or broken it off before an answer"},
		{"why 502: without a log", "/x", "", 502, "X-Cache: MISS", nil, nil, "502: app (127.0.0.1:5000) has refused the connection, or broken it off before an answer; or app says so itself: log.access is no file that could tell"},
		{"why 502: the app says so", "/x", "", 502, "X-Cache: MISS", app, nil, "502 MISS: app (127.0.0.1:5000) has answered, and that is not stored: no answer with this status is, or only on a route with a ttl"},
		{"why 504", "/x", "", 504, "X-Cache: MISS", line("web", "127.0.0.1:5000"), nil, "504: app (127.0.0.1:5000) has not answered in time, which is 1m"},
		{"why 503", "/two", "", 503, "X-Cache: MISS", line("web", ""), []string{"127.0.0.1:5001: connection refused"}, "503: no server of two can be asked: each is unwell, or has as many connections as it may have (127.0.0.1:5001: connection refused)"},
		{"why 429", "/limited", "", 429, "X-Cache: PASS", line("cache", ""), nil, "429: 192.0.2.1 comes more often than 10 times in 1s, with 20 more at once"},
		{"why 403", "/auth", "", 403, "X-Cache: PASS", line("cache", ""), nil, "403: auth does not let it in"},
		{"as foretold", "/old", "", 302, "X-Cache: MISS|Location: /new", line("web", ""), nil, ""},
	} {
		asked := Asked{Method: "GET", URL: "https://a.test" + c.url}
		if c.field != "" {
			asked.Fields = []string{c.field}
		}
		r, err := Ask(asked)
		if err != nil {
			t.Fatal(err)
		}
		live := &Live{Protocol: "HTTP/1.1", Status: c.status, header: map[string]string{}}
		for field := range strings.SplitSeq(c.header, "|") {
			name, value, _ := strings.Cut(field, ": ")
			live.Headers = append(live.Headers, Field{Name: name, Value: value})
			live.header[strings.ToLower(name)] = value
		}
		if e.Explain(r).Beside(live, c.log, c.unwell); live.Answer != c.first {
			t.Errorf("%s says\n\t%q, not\n\t%q", c.question, live.Answer, c.first)
		}
	}
}
