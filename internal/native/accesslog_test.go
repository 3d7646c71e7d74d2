package native

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"edgegen/internal/accesslog"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// logged writes a line as varnishncsa does, from the columns that are not
// missing. Those of the VCL are empty where they are missing.
func logged(columns map[int]string) []byte {
	fields := make([]string, logColumns)
	for i, format := range strings.Split(logFormat(), "\t") {
		fields[i] = "-"
		if strings.HasPrefix(format, "%{VCL_Log:") {
			fields[i] = ""
		}
		if text, ok := columns[i]; ok {
			fields[i] = text
		}
	}
	return []byte(strings.Join(fields, "\t"))
}

// with is a request's line with other columns than most have.
func with(columns map[int]string) map[int]string {
	all := map[int]string{
		logSide: "c", logNumber: "32770", logParent: "32769", logStarted: "1795419661.070280 0.000000 0.000000", logAnswered: "0.000469",
		logStatus: "200", logBytes: "1024", logAsker: "192.0.2.7 1-2-32770", logPeer: "10.0.0.1", logAnswer: "HIT",
		logProtocol: "HTTP/1.1", logMethod: "GET", logPath: "/a?b", logHead: `example.com\n\ncurl`,
	}
	for i, text := range columns {
		all[i] = text
	}
	return all
}

func TestF5LogLines(t *testing.T) {
	usual := accesslog.Record{
		Time: time.Date(2026, 11, 23, 7, 41, 1, 70280000, time.UTC), ID: "1-2-32770", Client: netip.MustParseAddr("192.0.2.7"),
		Protocol: "HTTP/1.1", Method: "GET", Host: "example.com", Path: "/a?b", UserAgent: "curl",
		Status: 200, Bytes: 1024, Duration: 469 * time.Microsecond, Cache: "HIT", Tier: "cache",
	}
	for name, c := range map[string]struct {
		columns map[int]string
		want    func(*accesslog.Record)
	}{
		"a hit": {nil, func(*accesslog.Record) {}},
		"an app's answer": {map[int]string{logAnswer: "MISS", logTier: "backend 12000 127.0.0.1:5000"}, func(r *accesslog.Record) {
			r.Cache, r.Tier, r.Backend, r.Upstream = "MISS", "backend", "127.0.0.1:5000", 12*time.Millisecond
		}},
		"an app's on a Unix socket with spaces": {map[int]string{logTier: "backend 0012000 unix:/run/my app"}, func(r *accesslog.Record) {
			r.Tier, r.Backend, r.Upstream = "backend", "unix:/run/my app", 12*time.Millisecond
		}},
		"of a trace":                       {map[int]string{logAsker: "192.0.2.7 1-2-32770 00-a-b-01"}, func(r *accesslog.Record) { r.Trace = "00-a-b-01" }},
		"of a trace that was kept":         {map[int]string{logAsker: "192.0.2.7 1-2-32770 00-a-b-01 kept"}, func(r *accesslog.Record) { r.Trace, r.Inherited = "00-a-b-01", true }},
		"of a site":                        {map[int]string{logAnswer: "HIT shop.test"}, func(r *accesslog.Record) { r.Way = accesslog.Way{Site: "shop.test"} }},
		"of a route":                       {map[int]string{logAnswer: "HIT shop.test app ~ ^/a b$"}, func(r *accesslog.Record) { r.Way = accesslog.Way{Site: "shop.test", Backend: "app", Route: "~ ^/a b$"} }},
		"of a route without a backend":     {map[int]string{logAnswer: "HIT shop.test . = /x"}, func(r *accesslog.Record) { r.Way = accesslog.Way{Site: "shop.test", Route: "= /x"} }},
		"a file":                           {map[int]string{logTier: "web"}, func(r *accesslog.Record) { r.Tier = "web" }},
		"the web tier's refusal to answer": {map[int]string{logTier: ""}, func(r *accesslog.Record) {}},
		"began before it was restarted": {map[int]string{logStarted: "1795419661.570280 0.500000 0.000000", logAnswered: "0.600000"}, func(r *accesslog.Record) {
			r.Duration = 600 * time.Millisecond
		}},
		"refused unread": {map[int]string{logStatus: "400", logBytes: "0", logAnswered: "-", logAsker: "", logPeer: "-", logAnswer: "",
			logMethod: "-", logPath: "-", logHead: ""}, func(r *accesslog.Record) {
			*r = accesslog.Record{Time: r.Time, Protocol: "HTTP/1.1", Status: 400, Cache: "PASS", Tier: "cache"}
		}},
		"refused before the client was named": {map[int]string{logAsker: " 1-2-32770"}, func(r *accesslog.Record) { r.Client = netip.MustParseAddr("10.0.0.1") }},
		"on a socket without an address":      {map[int]string{logAsker: " 1-2-32770", logPeer: "0.0.0.0"}, func(r *accesslog.Record) { r.Client = netip.Addr{} }},
		"escapes": {map[int]string{logPath: `/\"\\\x80\xff\t\n`, logHead: `example.com\n\n\\x41\xzz\`}, func(r *accesslog.Record) {
			r.Path, r.UserAgent = "/\"\\\x80\xff\t\n", `\x41\xzz\`
		}},
		"no numbers": {map[int]string{logStatus: "x", logBytes: "-5", logAnswered: "1e9", logStarted: "1795419661.070280"}, func(r *accesslog.Record) {
			r.Status, r.Bytes, r.Duration = 0, 0, 0
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []accesslog.Record
			newAccessReader(func(r accesslog.Record) { got = append(got, r) }).line(logged(with(c.columns)))
			want := usual
			c.want(&want)
			if diff := cmp.Diff([]accesslog.Record{want}, got, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The backend's side of a pipe comes first, and knows by name whom it led to.
func TestF5LogOfPipes(t *testing.T) {
	pipe := map[int]string{logStarted: "1795419661.070280 0.000000 0.000000", logAnswered: "-", logStatus: "-", logBytes: "-", logAnswer: "",
		logSent: "0.000800", logClosed: "3600.500000", logUp: "300", logDown: "5000",
		logServers: "app_1_room_1=127.0.0.1:5000 app_1_room_2=unix:/run/my%20%2525"}
	for name, c := range map[string]struct {
		server, request map[int]string
		backend, tier   string
		status          int
	}{
		"first":                    {server: map[int]string{logOpened: "app_1_room_1"}, backend: "127.0.0.1:5000", tier: "backend", status: 101},
		"second":                   {server: map[int]string{logOpened: "app_1_room_2"}, backend: "unix:/run/my %25", tier: "backend", status: 101},
		"with the VCL's name":      {server: map[int]string{logOpened: "edge7.app_1_room_1"}, backend: "127.0.0.1:5000", tier: "backend", status: 101},
		"refused":                  {server: map[int]string{logFailed: "app_1_room_1:"}, request: map[int]string{logUp: "0", logDown: "0"}, backend: "127.0.0.1:5000", tier: "cache", status: 502},
		"a server nobody heard of": {server: map[int]string{logOpened: "app_9"}, tier: "backend", status: 101},
		"of another request":       {server: map[int]string{logOpened: "app_1_room_1", logParent: "7"}, tier: "backend", status: 101},
	} {
		t.Run(name, func(t *testing.T) {
			var got []accesslog.Record
			reader := newAccessReader(func(r accesslog.Record) { got = append(got, r) })
			side := map[int]string{logSide: "b", logNumber: "32771", logParent: "32770"}
			for i, text := range c.server {
				side[i] = text
			}
			columns := with(pipe)
			for i, text := range c.request {
				columns[i] = text
			}
			reader.line(logged(side))
			reader.line(logged(columns))
			if len(got) != 1 {
				t.Fatalf("%d requests", len(got))
			}
			r := got[0]
			if r.Backend != c.backend || r.Tier != c.tier || r.Status != c.status || r.Cache != "PASS" {
				t.Errorf("%+v", r)
			}
			if c.status == 101 && (r.Bytes != 5000 || r.Received != 300 || r.Duration != 3600500*time.Millisecond || r.Upstream != 800*time.Microsecond) {
				t.Errorf("%+v", r)
			}
		})
	}
}

// Pipes whose request never comes do not add up.
func TestLogOfPipesIsBounded(t *testing.T) {
	reader := newAccessReader(func(accesslog.Record) {})
	for i := range 5 * morePipes {
		reader.line(logged(map[int]string{logSide: "b", logParent: strings.Repeat("1", i%50) + "2" + strings.Repeat("3", i/50)}))
	}
	if n := len(reader.piped); n > morePipes+1 || n == 0 {
		t.Errorf("%d are kept", n)
	}
}

// A line that is longer than what comes at once loses its end, not its
// beginning; what comes behind it is no line, whatever a client wrote there.
func TestF5LogLineCutOff(t *testing.T) {
	var got []accesslog.Record
	reader := newAccessReader(func(r accesslog.Record) { got = append(got, r) })
	long := logged(with(map[int]string{logPath: "/" + strings.Repeat("a", 100), logHead: `h\nr\nc`}))
	for cut := bytes.Index(long, []byte("/aaaa")) + 1; cut < len(long); cut += 7 {
		got = nil
		reader.line(long[:cut])
		reader.line(long[cut:])
		if len(got) != 1 || got[0].ID != "1-2-32770" || got[0].Status != 200 || !strings.HasPrefix(got[0].Path, "/") {
			t.Fatalf("cut at %d: %+v", cut, got)
		}
	}
	reader.line(append(long, "\tone column more"...))
	if len(got) != 1 {
		t.Errorf("too many columns: %+v", got)
	}
}

// A probe is in no log, and ends the wait for what came before it.
func TestSyncLogWaitsForItsProbe(t *testing.T) {
	reader := newAccessReader(func(r accesslog.Record) { t.Errorf("%+v", r) })
	socket := unixServer(t, func(_ http.ResponseWriter, r *http.Request) {
		reader.line(logged(with(map[int]string{logProbe: "/"})))
		reader.line(logged(with(map[int]string{logProbe: "/log-0"})))
		reader.line(logged(with(map[int]string{logProbe: r.URL.Path})))
	})
	if err := reader.sync(soon(t), socket); err != nil {
		t.Error(err)
	}
	silent := unixServer(t, func(http.ResponseWriter, *http.Request) {})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := reader.sync(ctx, silent); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("nothing comes through the log: %v", err)
	}
}

// FuzzLogLine holds that no line of varnishncsa's hurts.
func FuzzLogLine(f *testing.F) {
	f.Add(logged(with(nil)))
	f.Add(logged(with(map[int]string{logPath: `/\x`, logDown: "1", logServers: "a=b =", logTier: "web 1"})))
	f.Add([]byte("\t\t"))
	f.Fuzz(func(_ *testing.T, line []byte) {
		newAccessReader(func(accesslog.Record) {}).line(line)
	})
}

func BenchmarkLogLine(b *testing.B) {
	reader := newAccessReader(func(accesslog.Record) {})
	line := logged(with(map[int]string{logTier: "backend 12000 127.0.0.1:5000", logHead: `example.com\n\nMozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36`}))
	for b.Loop() {
		reader.line(line)
	}
}
