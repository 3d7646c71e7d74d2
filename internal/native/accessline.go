package native

import (
	"cmp"
	"net/netip"
	"strings"
	"time"

	"edgegen/internal/accesslog"
	"edgegen/internal/vsm"
)

// What varnishd's log tells of a transaction, each the first of its kind.
const (
	logOpened   = iota // of a pipe: the server's name in the VCL
	logFailed          // of a pipe: the same with a colon, where there was no connection
	logStarted         // seconds since 1970, and since the request began before it was restarted
	logAnswered        // seconds since it began until the last byte was sent
	logSent            // of a piped request, until the app had been sent it
	logClosed          // of a piped request, until the pipe ended
	logUp              // bytes in the pipe
	logDown
	logStatus // the last one
	logBytes
	logAsker // CLIENT, ID, and where there is one TRACEPARENT, and "kept" where it was; this and what follows with edge-… is the VCL's
	logPeer
	logTier    // TIER, MICROSECONDS and BACKEND, of an answer from the web tier
	logAnswer  // VERDICT, and where somebody wants to know SITE, BACKEND and ROUTE
	logServers // NAME=ADDRESS of all servers that a pipe may lead to
	logOver    // VERSION that the client speaks with the tls tier, where it is another, and METHOD, where that is
	logProtocol
	logMethod
	logPath
	logUnwritten // bytes that could not be written, when that was noticed
	logSize      // of the answer's head and body
	logHead      // HOST, REFERER and AGENT, a line each
	logNotes
)

// logNote is what is told, with what is missing as "".
type logNote [logNotes]string

// add takes what one record tells; false of transactions that are no request's end:
// probes, and rounds of a request that go on in another one.
func (l *logNote) add(tag vsm.Tag, text string) bool {
	switch tag {
	case vsm.VCLLog:
		if name, value := cut(text, ':'); name == "edge-probe" {
			return false
		} else if note := noteOfVCL(name); note >= 0 {
			l.first(note, value)
		}
	case vsm.Timestamp:
		l.time(text)
	case vsm.VCLReturn:
		return text != "restart"
	case vsm.BackendOpen:
		l.first(logOpened, word(text, 2))
	case vsm.FetchError:
		l.first(logFailed, word(text, 2))
	case vsm.PipeAcct:
		l.first(logUp, word(text, 3))
		l.first(logDown, word(text, 4))
	case vsm.ReqAcct:
		l.first(logBytes, word(text, 5))
		l.first(logSize, word(text, 6))
	case vsm.Debug:
		if n, unwritten := strings.CutPrefix(text, "Write error, retval = -1, len = "); unwritten {
			n, _ = cut(n, ',')
			l.first(logUnwritten, n)
		}
	case vsm.RespStatus:
		l[logStatus] = text
	case vsm.ReqStart:
		l.first(logPeer, word(text, 1))
	case vsm.ReqProtocol:
		l.first(logProtocol, text)
	case vsm.ReqMethod:
		l.first(logMethod, text)
	case vsm.ReqURL:
		l.first(logPath, text)
	}
	return true
}

// noteOfVCL is what the VCL writes under a name; below 0 where that is nothing of ours.
func noteOfVCL(name string) int {
	switch name {
	case "edge-asker":
		return logAsker
	case "edge-tier":
		return logTier
	case "edge-answer":
		return logAnswer
	case "edge-servers":
		return logServers
	case "edge-over":
		return logOver
	case "edge-head":
		return logHead
	}
	return -1
}

// time reads EVENT: SECONDS SINCE-BEGIN SINCE-LAST.
func (l *logNote) time(text string) {
	switch event, times := cut(text, ' '); event {
	case "Start:":
		l.first(logStarted, times)
	case "Resp:":
		l.first(logAnswered, word(times, 2))
	case "Pipe:":
		l.first(logSent, word(times, 2))
	case "PipeSess:":
		l.first(logClosed, word(times, 2))
	}
}

func (l *logNote) first(note int, text string) {
	if l[note] == "" {
		l[note] = text
	}
}

// word is the nth, counted from 1, of words with a space between them.
func word(text string, n int) string {
	for ; n > 1; n-- {
		_, text = cut(text, ' ')
	}
	text, _ = cut(text, ' ')
	return text
}

// cut is strings.Cut at a byte, which is found sooner than a text.
func cut(text string, at byte) (before, after string) {
	if n := strings.IndexByte(text, at); n >= 0 {
		return text[:n], text[n+1:]
	}
	return text, ""
}

// server is the name of whom a pipe led to, or was to lead to.
func (l *logNote) server() string {
	if name := l[logOpened]; name != "" {
		return name[strings.LastIndexByte(name, '.')+1:] // some versions put the VCL's name before it
	}
	return strings.TrimSuffix(l[logFailed], ":")
}

// request writes what is told into a record, whose texts are there as long as those that
// were read. The server is the one that a pipe led to. What varnishd's log does not tell
// is zero: all but Time, Status and Protocol of what was refused as no HTTP.
//
// Varnish does not look into a pipe: a WebSocket's status is 101 if any byte came back
// from the app, and 502 if none did; its bytes include the head of the app's answer; and
// its upstream time is the one until the app had been sent the handshake.
func (l *logNote) request(server string, r *accesslog.Record) {
	start, before := cut(l[logStarted], ' ')
	before, _ = cut(before, ' ')
	*r = accesslog.Record{
		Time: time.UnixMicro((seconds(start) - seconds(before)).Microseconds()), Protocol: l[logProtocol], Method: l[logMethod], Path: l[logPath],
		Status: int(count(l[logStatus])), Bytes: count(l[logBytes]), Duration: seconds(l[logAnswered]),
		Tier: "cache",
	}
	if over, method := cut(l[logOver], ' '); over != "" {
		r.Protocol, r.Method = over, cmp.Or(method, r.Method)
	}
	client, asker := cut(l[logAsker], ' ')
	r.Client = address(client, l[logPeer])
	r.ID, r.Trace = cut(asker, ' ')
	r.Trace, r.Inherited = strings.CutSuffix(r.Trace, " kept")
	r.Host, r.Referer = cut(l[logHead], '\n')
	r.Referer, r.UserAgent = cut(r.Referer, '\n')
	var way string
	r.Cache, way = cut(l[logAnswer], ' ')
	r.Way = wayOf(way)
	if r.Cache == "" {
		r.Cache = "PASS"
	}
	if tier, rest := cut(l[logTier], ' '); tier != "" {
		took, backend := cut(rest, ' ')
		r.Tier, r.Backend, r.Upstream = tier, backend, time.Duration(count(took))*time.Microsecond
	}
	if l.left() {
		r.Status, r.Bytes = statusGone, 0
	}
	if l[logDown] != "" {
		l.fillPipe(r, server)
	}
}

// statusGone is the status of a client that left before its answer, as builtin tiers have it.
const statusGone = 499

// left reports whether nothing of an answer could be written: Varnish counts what it was to
// write, and what could not be is all of that, and what chunks add. Where the beginning
// has been written the head is not among the rest.
func (l *logNote) left() bool {
	return l[logUnwritten] != "" && count(l[logUnwritten]) >= count(l[logSize])
}

// wayOf is where a request was led: SITE, then BACKEND, or "." for none, and ROUTE.
func wayOf(text string) (w accesslog.Way) {
	w.Site, w.Route = cut(text, ' ')
	w.Backend, w.Route = cut(w.Route, ' ')
	if w.Backend == "." {
		w.Backend = ""
	}
	return w
}

// fillPipe adds what is told of a request that was piped.
func (l *logNote) fillPipe(r *accesslog.Record, server string) {
	r.Bytes, r.Received = count(l[logDown]), count(l[logUp])
	r.Duration, r.Upstream = seconds(l[logClosed]), seconds(l[logSent])
	r.Status, r.Tier = 502, "cache"
	if r.Bytes > 0 {
		r.Status, r.Tier = 101, "backend"
	}
	for known := range strings.FieldsSeq(l[logServers]) {
		if name, address, _ := strings.Cut(known, "="); name == server {
			r.Backend = plainAddress(address)
		}
	}
}

func address(candidates ...string) netip.Addr {
	for _, text := range candidates {
		if a, err := netip.ParseAddr(text); err == nil && !a.IsUnspecified() {
			return a
		}
	}
	return netip.Addr{}
}

// count reads a count; what is none is 0. strconv would make an error of what is none.
func count(text string) (n int64) {
	const most = 18 // digits of which none is too many
	if len(text) > most {
		return 0
	}
	for i := range len(text) {
		digit := text[i] - '0'
		if digit > 9 {
			return 0
		}
		n = 10*n + int64(digit)
	}
	return n
}

// seconds reads a time with six digits behind its point; what is none is 0.
func seconds(text string) time.Duration {
	whole, rest := cut(text, '.')
	if len(rest) != 6 || len(whole) > 10 {
		return 0
	}
	return time.Duration(count(whole))*time.Second + time.Duration(count(rest))*time.Microsecond
}

// plainAddress removes from an address the escapes with which it stands in a list.
func plainAddress(address string) string {
	return strings.NewReplacer("%20", " ", "%25", "%").Replace(address)
}
