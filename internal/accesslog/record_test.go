package accesslog

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
	"unsafe"

	"edgegen/internal/site"
)

// line is a line of the access log as whoever reads it sees it.
type line struct {
	Time      string `json:"time"`
	ID        string `json:"id"`
	Client    string `json:"client"`
	Method    string `json:"method"`
	Host      string `json:"host"`
	Path      string `json:"path"`
	Protocol  string `json:"protocol"`
	Status    int    `json:"status"`
	Bytes     int64  `json:"bytes"`
	Received  int64  `json:"received"`
	Duration  int64  `json:"duration_us"`
	Cache     string `json:"cache"`
	Tier      string `json:"tier"`
	Backend   string `json:"backend"`
	Upstream  int64  `json:"upstream_us"`
	Referer   string `json:"referer"`
	UserAgent string `json:"user_agent"`
}

func decoded(t *testing.T, line []byte) (l line) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&l); err != nil {
		t.Fatalf("%v in %q", err, line)
	}
	return l
}

func someRecord() Record {
	return Record{
		Time: time.Date(2026, 11, 23, 9, 41, 1, 70_280_000, time.FixedZone("", 2*3600)), ID: "1-2-3", Client: netip.MustParseAddr("2001:db8::7"),
		Protocol: "HTTP/2.0", Method: "GET", Host: "example.com", Path: "/a?b=c&d=<e>", Referer: "https://example.com/", UserAgent: `say "hi" \o/`,
		Status: 200, Bytes: 1024, Received: 300, Duration: 1234567 * time.Nanosecond,
		Cache: "MISS", Tier: "backend", Backend: "127.0.0.1:5000", Upstream: 987 * time.Microsecond,
	}
}

// TestF5AccessLine holds the fields, their order and their units.
func TestF5AccessLine(t *testing.T) {
	unix := someRecord()
	unix.Backend = "/run/app.sock"
	hostile := Record{Method: "GE\nT", Host: "a\"b\x1b[2J", Path: "/\xff\u00e4\u009b\u202e\u2028\x7f", UserAgent: "\\\" 7\n"}
	for name, c := range map[string]struct {
		record         Record
		json, combined string
	}{
		"usual": {someRecord(),
			`{"time":"2026-11-23T07:41:01.070Z","id":"1-2-3","client":"2001:db8::7","method":"GET","host":"example.com","path":"/a?b=c&d=<e>",` +
				`"protocol":"HTTP/2.0","status":200,"bytes":1024,"received":300,"duration_us":1234,"cache":"MISS","tier":"backend",` +
				`"backend":"127.0.0.1:5000","upstream_us":987,"referer":"https://example.com/","user_agent":"say \"hi\" \\o/"}`,
			`2001:db8::7 - - [23/Nov/2026:07:41:01 +0000] "GET /a?b=c&d=<e> HTTP/2.0" 200 1024 "https://example.com/" "say \"hi\" \\o/" ` +
				`"1-2-3" "example.com" 300 1234 MISS backend "127.0.0.1:5000" 987`},
		"on a Unix socket": {unix,
			`{"time":"2026-11-23T07:41:01.070Z","id":"1-2-3","client":"2001:db8::7","method":"GET","host":"example.com","path":"/a?b=c&d=<e>",` +
				`"protocol":"HTTP/2.0","status":200,"bytes":1024,"received":300,"duration_us":1234,"cache":"MISS","tier":"backend",` +
				`"backend":"unix:/run/app.sock","upstream_us":987,"referer":"https://example.com/","user_agent":"say \"hi\" \\o/"}`,
			`2001:db8::7 - - [23/Nov/2026:07:41:01 +0000] "GET /a?b=c&d=<e> HTTP/2.0" 200 1024 "https://example.com/" "say \"hi\" \\o/" ` +
				`"1-2-3" "example.com" 300 1234 MISS backend "unix:/run/app.sock" 987`},
		"nothing": {Record{},
			`{"time":"0001-01-01T00:00:00.000Z","id":"","client":"","method":"","host":"","path":"","protocol":"","status":0,"bytes":0,` +
				`"received":0,"duration_us":0,"cache":"","tier":"","backend":"","upstream_us":0,"referer":"","user_agent":""}`,
			`- - - [01/Jan/0001:00:00:00 +0000] "- - -" 0 0 "-" "-" "-" "-" 0 0 - - "-" 0`},
		"hostile": {hostile,
			`{"time":"0001-01-01T00:00:00.000Z","id":"","client":"","method":"GE` + "\ufffd" + `T","host":"a\"b` + "\ufffd" + `[2J","path":"/` +
				"\ufffd\u00e4\ufffd\ufffd\ufffd\ufffd" + `","protocol":"","status":0,"bytes":0,"received":0,"duration_us":0,"cache":"","tier":"","backend":"",` +
				`"upstream_us":0,"referer":"","user_agent":"\\\" 7` + "\ufffd" + `"}`,
			`- - - [01/Jan/0001:00:00:00 +0000] "GE\x0aT /\xff\xc3\xa4\xc2\x9b\xe2\x80\xae\xe2\x80\xa8\x7f -" 0 0 "-" "\\\" 7\x0a" "-" ` +
				`"a\"b\x1b[2J" 0 0 - - "-" 0`},
	} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if writeJSON(&got, fieldsOf(nil), &c.record); got.String() != c.json+"\n" {
				t.Errorf("json\n%swant\n%s", got.String(), c.json)
			}
			got.Reset()
			if writeCombined(&got, &c.record); got.String() != c.combined+"\n" {
				t.Errorf("combined\n%swant\n%s", got.String(), c.combined)
			}
		})
	}
}

// O5: a line has the fields that the site names, in their order; every name is known.
func TestFieldsOfAccessLine(t *testing.T) {
	r := someRecord()
	r.Way = Way{Site: "shop.test", Route: `~ ^/"a"$`, Backend: "app"}
	for want, names := range map[string][]string{
		`{"status":200}`: {"status"},
		`{"route":"~ ^/\"a\"$","site":"shop.test","time":"2026-11-23T07:41:01.070Z"}`: {"route", "site", "time"},
	} {
		var got bytes.Buffer
		if writeJSON(&got, fieldsOf(names), &r); got.String() != want+"\n" {
			t.Errorf("%s, want %s", got.String(), want)
		}
	}
	for _, f := range fieldsOf(append(site.LogFields(), site.LogFieldsMore()...)) {
		if f.write == nil {
			t.Errorf("nobody writes the field %s", f.name)
		}
	}
}

// TestLeaves holds which requests have no line.
func TestLeaves(t *testing.T) {
	log := site.Log{Omit: 1, Slow: time.Second}
	some := site.Log{Exclude: []string{"/healthz", "/static/"}, Slow: time.Second}
	for name, c := range map[string]struct {
		log  site.Log
		r    Record
		want bool
	}{
		"all are wanted":         {site.Log{}, Record{Path: "/healthz", Status: 200}, false},
		"none is wanted":         {log, Record{Status: 200}, true},
		"a failure":              {log, Record{Status: 502}, false},
		"a refusal":              {log, Record{Status: 404}, true},
		"a slow one":             {log, Record{Status: 200, Duration: 2 * time.Second}, false},
		"a WebSocket":            {log, Record{Status: 101, Duration: time.Hour}, true},
		"excluded":               {some, Record{Path: "/healthz", Status: 200}, true},
		"excluded with a query":  {some, Record{Path: "/healthz?x", Status: 200}, true},
		"below it":               {some, Record{Path: "/healthz/x", Status: 200}, true},
		"beside it":              {some, Record{Path: "/healthzx", Status: 200}, false},
		"below one with a slash": {some, Record{Path: "/static/x.js", Status: 200}, true},
		"excluded and failed":    {some, Record{Path: "/healthz", Status: 503}, false},
		"excluded and slow":      {some, Record{Path: "/healthz", Status: 200, Duration: time.Minute}, false},
	} {
		if got := leaves(&c.log, &c.r); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	half, left := site.Log{Omit: 0.5}, 0
	for range 10000 {
		if leaves(&half, &Record{Status: 200}) {
			left++
		}
	}
	if left < 4000 || left > 6000 {
		t.Errorf("%d of 10000 are left out, want half", left)
	}
}

// FuzzAccessLine holds that whatever a client sends, JSON is JSON, a line is
// one line, and nothing in it does anything to a terminal.
func FuzzAccessLine(f *testing.F) {
	f.Add("1-2", "GET", "example.com", "/", "https://a/", "agent")
	f.Add("\x00", "\n", "\"", "\\", "\xff\u2028", "\u009b\x1b")
	f.Fuzz(func(t *testing.T, id, method, host, path, referer, agent string) {
		r := Record{ID: id, Method: method, Host: host, Path: path, Referer: referer, UserAgent: agent}
		var line bytes.Buffer
		writeJSON(&line, fieldsOf(nil), &r)
		one(t, line.String())
		got := decoded(t, line.Bytes())
		for _, pair := range [][2]string{{id, got.ID}, {method, got.Method}, {host, got.Host}, {path, got.Path}, {referer, got.Referer}, {agent, got.UserAgent}} {
			if plain(pair[0]) && pair[0] != pair[1] {
				t.Errorf("%q became %q", pair[0], pair[1])
			}
		}
		line.Reset()
		writeCombined(&line, &r)
		one(t, line.String())
		if quotes := strings.Count(strings.NewReplacer(`\\`, "", `\"`, "").Replace(line.String()), `"`); quotes != 12 {
			t.Errorf("%d quotes in %q", quotes, line.String())
		}
	})
}

// one holds that a line is one, of what can be printed.
func one(t *testing.T, line string) {
	t.Helper()
	text, ended := strings.CutSuffix(line, "\n")
	if !ended || !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Errorf("the line is %q", line)
	}
}

func plain(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

func BenchmarkAccessLine(b *testing.B) {
	var line bytes.Buffer
	fields := fieldsOf(nil)
	for name, write := range map[string]func(*bytes.Buffer, *Record){
		"json": func(to *bytes.Buffer, r *Record) { writeJSON(to, fields, r) }, "combined": writeCombined,
	} {
		b.Run(name, func(b *testing.B) {
			r := someRecord()
			for b.Loop() {
				line.Reset()
				write(&line, &r)
			}
		})
	}
}

// A clone shares no text with the record, whatever fields that gets.
func TestClone(t *testing.T) {
	var r Record
	fields := func(r *Record) (texts []*string) {
		var find func(v reflect.Value)
		find = func(v reflect.Value) {
			for i := range v.NumField() {
				if f := v.Field(i); f.Kind() == reflect.String {
					texts = append(texts, f.Addr().Interface().(*string))
				} else if f.Type() == reflect.TypeFor[Way]() {
					find(f)
				}
			}
		}
		find(reflect.ValueOf(r).Elem())
		return texts
	}
	for i, text := range fields(&r) {
		*text = strings.Repeat("x", i+1)
	}
	clone := r.Clone()
	if clone != r {
		t.Errorf("%+v is not %+v", clone, r)
	}
	mine := fields(&r)
	for i, text := range fields(&clone) {
		if unsafe.StringData(*text) == unsafe.StringData(*mine[i]) {
			t.Errorf("text %d is shared", i)
		}
	}
}
