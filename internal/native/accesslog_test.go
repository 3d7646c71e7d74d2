package native

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"edgegen/internal/accesslog"
	"edgegen/internal/vsm"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// noted is what varnishd's log tells of a request, from what is not missing.
func noted(columns map[int]string) (l logNote) {
	for i, text := range columns {
		l[i] = text
	}
	return l
}

// with is a request's note with other words than most have.
func with(columns map[int]string) map[int]string {
	all := map[int]string{
		logStarted: "1795419661.070280 0.000000 0.000000", logAnswered: "0.000469",
		logStatus: "200", logBytes: "1024", logSize: "1324", logAsker: "192.0.2.7 1-2-32770", logPeer: "10.0.0.1", logAnswer: "HIT",
		logProtocol: "HTTP/1.1", logMethod: "GET", logPath: "/a?b", logHead: "example.com\n\ncurl",
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
		"for a client that has left": {map[int]string{logTier: "web 5000000", logStatus: "504", logUnwritten: "160", logSize: "153"}, func(r *accesslog.Record) {
			r.Tier, r.Upstream, r.Status, r.Bytes = "web", 5*time.Second, 499, 0
		}},
		"for a client that leaves in its midst": {map[int]string{logUnwritten: "1000", logSize: "1324"}, func(r *accesslog.Record) {}},
		"refused unread": {map[int]string{logStatus: "400", logBytes: "0", logAnswered: "", logAsker: "", logPeer: "", logAnswer: "",
			logMethod: "", logPath: "", logHead: ""}, func(r *accesslog.Record) {
			*r = accesslog.Record{Time: r.Time, Protocol: "HTTP/1.1", Status: 400, Cache: "PASS", Tier: "cache"}
		}},
		"refused before the client was named": {map[int]string{logAsker: " 1-2-32770"}, func(r *accesslog.Record) { r.Client = netip.MustParseAddr("10.0.0.1") }},
		"on a socket without an address":      {map[int]string{logAsker: " 1-2-32770", logPeer: "0.0.0.0"}, func(r *accesslog.Record) { r.Client = netip.Addr{} }},
		"whatever bytes": {map[int]string{logPath: "/\"\\\x80\xff\t", logHead: "\n\n\\x41"}, func(r *accesslog.Record) {
			r.Path, r.Host, r.UserAgent = "/\"\\\x80\xff\t", "", `\x41`
		}},
		"no numbers": {map[int]string{logStatus: "x", logBytes: "-5", logAnswered: "1e9", logStarted: "1795419661.070280"}, func(r *accesslog.Record) {
			r.Status, r.Bytes, r.Duration = 0, 0, 0
		}},
	} {
		t.Run(name, func(t *testing.T) {
			note, want := noted(with(c.columns)), usual
			c.want(&want)
			var got accesslog.Record
			note.request("", &got)
			if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The backend's side of a pipe comes first, and knows by name whom it led to.
func TestF5LogOfPipes(t *testing.T) {
	pipe := map[int]string{logStarted: "1795419661.070280 0.000000 0.000000", logAnswered: "", logStatus: "", logBytes: "", logAnswer: "",
		logSent: "0.000800", logClosed: "3600.500000", logUp: "300", logDown: "5000",
		logServers: "app_1_room_1=127.0.0.1:5000 app_1_room_2=unix:/run/my%20%2525"}
	for name, c := range map[string]struct {
		server, request map[int]string
		backend, tier   string
		status          int
	}{
		"first":                     {server: map[int]string{logOpened: "app_1_room_1"}, backend: "127.0.0.1:5000", tier: "backend", status: 101},
		"second":                    {server: map[int]string{logOpened: "app_1_room_2"}, backend: "unix:/run/my %25", tier: "backend", status: 101},
		"with the VCL's name":       {server: map[int]string{logOpened: "edge7.app_1_room_1"}, backend: "127.0.0.1:5000", tier: "backend", status: 101},
		"refused":                   {server: map[int]string{logFailed: "app_1_room_1:"}, request: map[int]string{logUp: "0", logDown: "0"}, backend: "127.0.0.1:5000", tier: "cache", status: 502},
		"a server nobody heard of":  {server: map[int]string{logOpened: "app_9"}, tier: "backend", status: 101},
		"of which nothing is known": {tier: "backend", status: 101},
	} {
		t.Run(name, func(t *testing.T) {
			columns := with(pipe)
			for i, text := range c.request {
				columns[i] = text
			}
			side, note := noted(c.server), noted(columns)
			var r accesslog.Record
			note.request(side.server(), &r)
			if r.Backend != c.backend || r.Tier != c.tier || r.Status != c.status || r.Cache != "PASS" {
				t.Errorf("%+v", r)
			}
			if c.status == 101 && (r.Bytes != 5000 || r.Received != 300 || r.Duration != 3600500*time.Millisecond || r.Upstream != 800*time.Microsecond) {
				t.Errorf("%+v", r)
			}
		})
	}
}

// told is what varnishd's log tells of a transaction.
type told []said

type said struct {
	tag  vsm.Tag
	text string
}

func (t told) to(note *logNote) bool {
	for _, one := range t {
		if !note.add(one.tag, one.text) {
			return false
		}
	}
	return true
}

// hit is what varnishd 7.1 tells of an answer from the cache.
var hit = told{
	{vsm.Begin, "req 32769 rxreq"}, {vsm.Timestamp, "Start: 1795419661.070280 0.000000 0.000000"}, {vsm.Timestamp, "Req: 1795419661.070280 0.000000 0.000000"},
	{vsm.ReqStart, "10.0.0.1 1234 edge"}, {vsm.ReqMethod, "GET"}, {vsm.ReqURL, "/a?b"}, {vsm.ReqProtocol, "HTTP/1.1"},
	{vsm.VCLLog, "edge-asker:192.0.2.7 1-2-32770"}, {vsm.VCLLog, "edge-head:example.com\n\ncurl"}, {vsm.ReqURL, "/a"}, {vsm.VCLReturn, "hash"}, {vsm.VCLReturn, "lookup"},
	{vsm.VCLLog, "the site's own"}, {vsm.RespStatus, "304"}, {vsm.RespStatus, "200"}, {vsm.VCLLog, "edge-answer:HIT"}, {vsm.VCLReturn, "deliver"},
	{vsm.Timestamp, "Process: 1795419661.070400 0.000120 0.000120"}, {vsm.Timestamp, "Resp: 1795419661.070749 0.000469 0.000349"},
	{vsm.ReqAcct, "100 0 100 300 1024 1324"}, {vsm.End, ""},
}

func TestF5Notes(t *testing.T) {
	more := func(tag vsm.Tag, text string) told { return append(slices.Clone(hit), said{tag, text}) }
	for name, c := range map[string]struct {
		told told
		want map[int]string // nil where it is no request's end
	}{
		"a hit":   {hit, with(nil)},
		"a probe": {more(vsm.VCLLog, "edge-probe:/"), nil},
		"a round": {more(vsm.VCLReturn, "restart"), nil},
		"a pipe": {
			told{{vsm.Begin, "bereq 32770 pipe"}, {vsm.BackendOpen, "21 boot.app_1_room_1 127.0.0.1 5000 127.0.0.1 3000 connect"}, {vsm.BackendOpen, "22 other"}},
			map[int]string{logOpened: "boot.app_1_room_1"},
		},
		"a pipe that led nowhere": {told{{vsm.FetchError, "backend app_1_room_1: fail errno 111"}}, map[int]string{logFailed: "app_1_room_1:"}},
		"a request that was piped": {
			told{{vsm.Timestamp, "Pipe: 1.000000 0.000800 0.000800"}, {vsm.Timestamp, "PipeSess: 1.000000 3600.500000 1.000000"}, {vsm.PipeAcct, "1 2 300 5000"},
				{vsm.VCLLog, "edge-servers:a=b"}, {vsm.VCLLog, "edge-tier:web 1"}},
			map[int]string{logSent: "0.000800", logClosed: "3600.500000", logUp: "300", logDown: "5000", logServers: "a=b", logTier: "web 1"},
		},
		"a client that has left": {told{{vsm.Debug, "Write error, retval = -1, len = 160, errno = Broken pipe\x00"}, {vsm.ReqAcct, "49 0 49 145 8 153"}}, map[int]string{logUnwritten: "160", logBytes: "8", logSize: "153"}},
		"another word of Debug":  {told{{vsm.Debug, "Hit idle send timeout, wrote = 5/9; retrying"}}, map[int]string{}},
		"what is too short":      {told{{vsm.Timestamp, "Resp"}, {vsm.ReqAcct, ""}, {vsm.PipeAcct, "1"}, {vsm.VCLLog, ""}}, map[int]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			var got logNote
			told := c.told.to(&got)
			if told != (c.want != nil) {
				t.Fatalf("told: %v", told)
			}
			if diff := cmp.Diff(noted(c.want), got); told && diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Pipes whose request never comes do not add up.
func TestLogOfPipesIsBounded(t *testing.T) {
	reader := accessReader{piped: make(map[uint64]string)}
	for i := range uint64(5 * morePipes) {
		reader.pipe(i, "app")
	}
	if n := len(reader.piped); n > morePipes+1 || n == 0 {
		t.Errorf("%d are kept", n)
	}
}

// FuzzNote holds that nothing which varnishd tells hurts.
func FuzzNote(f *testing.F) {
	f.Add("Resp: 1 2", "edge-servers:a=b =", "1 2 3 4 5", "-")
	f.Fuzz(func(_ *testing.T, time, log, account, status string) {
		var (
			note   logNote
			record accesslog.Record
		)
		told{{vsm.Timestamp, time}, {vsm.VCLLog, log}, {vsm.ReqAcct, account}, {vsm.PipeAcct, account}, {vsm.RespStatus, status}}.to(&note)
		note.request(note.server(), &record)
	})
}

func BenchmarkNote(b *testing.B) {
	var record accesslog.Record
	b.ReportAllocs()
	for b.Loop() {
		var note logNote
		hit.to(&note)
		note.request("", &record)
	}
}
