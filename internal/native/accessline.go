package native

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"edgegen/internal/accesslog"
)

// The columns of a line that varnishncsa prints. What a client writes comes
// last: it may make a line too long to arrive as one.
const (
	logProbe    = iota // the path, of a probe
	logSide            // "c" for a request, "b" for the backend's side of a pipe
	logNumber          // of the transaction
	logParent          // of a pipe: the request's number
	logOpened          // of a pipe: the server's name in the VCL
	logFailed          // of a pipe: the same with a colon, where there was no connection
	logStarted         // seconds since 1970, and since the request began before it was restarted
	logAnswered        // seconds since it began until the last byte was sent
	logSent            // of a piped request, until the app had been sent it
	logClosed          // of a piped request, until the pipe ended
	logUp              // bytes in the pipe
	logDown
	logStatus
	logBytes
	logAsker // CLIENT, ID, and where there is one TRACEPARENT, and "kept" where it was; this and what follows with edge-… is the VCL's
	logPeer
	logTier    // TIER, MICROSECONDS and BACKEND, of an answer from the web tier
	logAnswer  // VERDICT, and where somebody wants to know SITE, BACKEND and ROUTE
	logServers // NAME=ADDRESS of all servers that a pipe may lead to
	logProtocol
	logMethod
	logPath
	logHead // HOST, REFERER and AGENT, a line each
	logColumns
)

// logLine is a line's columns, with what is missing as "".
type logLine [logColumns]string

func logFormat() string {
	return strings.Join([]string{
		logProbe:    "%{VCL_Log:edge-probe}x",
		logSide:     "%{Varnish:side}x",
		logNumber:   "%{Varnish:vxid}x",
		logParent:   "%{VSL:Begin[2]}x",
		logOpened:   "%{VSL:BackendOpen[2]}x",
		logFailed:   "%{VSL:FetchError[2]}x",
		logStarted:  "%{VSL:Timestamp:Start}x",
		logAnswered: "%{VSL:Timestamp:Resp[2]}x",
		logSent:     "%{VSL:Timestamp:Pipe[2]}x",
		logClosed:   "%{VSL:Timestamp:PipeSess[2]}x",
		logUp:       "%{VSL:PipeAcct[3]}x",
		logDown:     "%{VSL:PipeAcct[4]}x",
		logStatus:   "%s",
		logBytes:    "%b",
		logAsker:    "%{VCL_Log:edge-asker}x",
		logPeer:     "%h",
		logTier:     "%{VCL_Log:edge-tier}x",
		logAnswer:   "%{VCL_Log:edge-answer}x",
		logServers:  "%{VCL_Log:edge-servers}x",
		logProtocol: "%{VSL:ReqProtocol}x",
		logMethod:   "%m",
		logPath:     "%{VSL:ReqURL}x",
		logHead:     "%{VCL_Log:edge-head}x",
	}, "\t")
}

// splitLog takes a line apart. Of one that was cut off behind the columns that
// varnishd writes, the rest is missing; anything shorter is no line.
func splitLog(line []byte) (logLine, bool) {
	var l logLine
	column := 0
	for field := range strings.SplitSeq(string(line), "\t") {
		if column == logColumns {
			return l, false
		}
		if field != "-" {
			l[column] = unquoted(field)
		}
		column++
	}
	return l, column > logServers
}

// server is the name of whom a pipe led to, or was to lead to.
func (l *logLine) server() string {
	if name := l[logOpened]; name != "" {
		return name[strings.LastIndexByte(name, '.')+1:] // some versions put the VCL's name before it
	}
	return strings.TrimSuffix(l[logFailed], ":")
}

// request says what a line tells. The server is the one that a pipe led to. What
// varnishd's log does not tell is zero: all but Time, Status and Protocol of what
// was refused as no HTTP.
//
// Nobody looks into a pipe: a WebSocket's status is 101 where any byte came back
// from the app, else 502; its bytes include the head of the app's answer; and
// its upstream time is the one until the app had been sent the handshake.
func (l *logLine) request(server string) accesslog.Record {
	start, before, _ := strings.Cut(l[logStarted], " ")
	before, _, _ = strings.Cut(before, " ")
	r := accesslog.Record{
		Time: time.UnixMicro((seconds(start) - seconds(before)).Microseconds()), Protocol: l[logProtocol], Method: l[logMethod], Path: l[logPath],
		Status: int(count(l[logStatus])), Bytes: count(l[logBytes]), Duration: seconds(l[logAnswered]),
		Tier: "cache",
	}
	client, asker, _ := strings.Cut(l[logAsker], " ")
	r.Client = address(client, l[logPeer])
	r.ID, r.Trace, _ = strings.Cut(asker, " ")
	r.Trace, r.Inherited = strings.CutSuffix(r.Trace, " kept")
	r.Host, r.Referer, _ = strings.Cut(l[logHead], "\n")
	r.Referer, r.UserAgent, _ = strings.Cut(r.Referer, "\n")
	var way string
	r.Cache, way, _ = strings.Cut(l[logAnswer], " ")
	r.Way = wayOf(way)
	if r.Cache == "" {
		r.Cache = "PASS"
	}
	if tier, rest, _ := strings.Cut(l[logTier], " "); tier != "" {
		took, backend, _ := strings.Cut(rest, " ")
		r.Tier, r.Backend, r.Upstream = tier, backend, time.Duration(count(took))*time.Microsecond
	}
	if l[logDown] != "" {
		l.fillPipe(&r, server)
	}
	return r
}

// wayOf is where a request was led: SITE, then BACKEND, or "." for none, and ROUTE.
func wayOf(text string) (w accesslog.Way) {
	w.Site, w.Route, _ = strings.Cut(text, " ")
	w.Backend, w.Route, _ = strings.Cut(w.Route, " ")
	if w.Backend == "." {
		w.Backend = ""
	}
	return w
}

// fillPipe adds what is told of a request that was piped.
func (l *logLine) fillPipe(r *accesslog.Record, server string) {
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

// count reads a count; what is none is 0.
func count(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// seconds reads a time with six digits behind its point; what is none is 0.
func seconds(text string) time.Duration {
	whole, rest, _ := strings.Cut(text, ".")
	if len(rest) != 6 || len(whole) > 10 {
		return 0
	}
	return time.Duration(count(whole))*time.Second + time.Duration(count(rest))*time.Microsecond
}

// unquoted undoes what varnishncsa does to bytes that might end a field.
func unquoted(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out.WriteByte(s[i])
			continue
		}
		i++
		switch c := s[i]; c {
		case 'n':
			out.WriteByte('\n')
		case 'r':
			out.WriteByte('\r')
		case 't':
			out.WriteByte('\t')
		case 'x':
			code, err := strconv.ParseUint(s[i+1:min(i+3, len(s))], 16, 8)
			if err != nil {
				out.WriteString(`\x`)
				continue
			}
			out.WriteByte(byte(code))
			i += 2
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}

// plainAddress takes the signs out of an address that let it stand in a list.
func plainAddress(address string) string {
	return strings.NewReplacer("%20", " ", "%25", "%").Replace(address)
}
