package render

import (
	"strings"
	"time"

	"edgegen/internal/site"
)

// argumentsData is what varnishd's arguments are made from.
type argumentsData struct {
	header
	site.Edge
	Standby          bool
	Behind           bool // whether somebody in front of the edge ends TLS
	WorkDir          string
	CacheSocket      string
	PlainSocket      string
	ProbeSocket      string
	HeadTimeout      time.Duration
	FirstByte        time.Duration
	BetweenBytes     time.Duration
	Workspace        int64 // bytes
	BackendWorkspace int64 // bytes
	ThreadPoolMax    int   // in each of two pools
	Unread           string
}

func argumentsView(in Input, common header) argumentsData {
	edge := in.Edge
	view := argumentsData{
		header:           common,
		Edge:             *edge,
		Standby:          in.Standby,
		Behind:           edge.Plain(),
		WorkDir:          in.Layout.VarnishDir(),
		CacheSocket:      in.Layout.CacheSocket(),
		PlainSocket:      in.Layout.PlainSocket(),
		ProbeSocket:      in.Layout.CacheProbe(),
		HeadTimeout:      min(edge.Timeout.Header, edge.Timeout.Idle, time.Hour), // from 7.5 on it takes no more
		FirstByte:        cacheFirstByte(edge.Timeout),
		BetweenBytes:     edge.Timeout.BetweenBytes,
		Workspace:        48<<10 + 6*edge.Limits.HeaderSize,
		BackendWorkspace: 128<<10 + 4*edge.Limits.HeaderSize,
		ThreadPoolMax:    (edge.Limits.WebSockets + edge.Limits.InWork()) / 2,
		Unread:           unread(edge.Log.Level == "debug"),
	}
	if in.Standby {
		view.CacheSocket, view.PlainSocket = in.Layout.VarnishSocket(), in.Layout.VarnishPlain()
	}
	return view
}

// unread turns off or on what varnishd would note in its log about each request without
// anybody reading it. VCL_return stays, since it tells the rounds of a request apart. Debug,
// which is off by default, tells of answers that could not be written.
func unread(on bool) string {
	sign := "-"
	if on {
		sign = "+"
	}
	tags := []string{"ReqHeader", "ReqUnset", "RespProtocol", "RespReason", "RespHeader", "RespUnset",
		"BereqMethod", "BereqURL", "BereqProtocol", "BereqHeader", "BereqUnset", "BereqAcct",
		"BerespProtocol", "BerespStatus", "BerespReason", "BerespHeader", "BerespUnset",
		"VCL_call", "VCL_use", "VCL_acl", "Hit", "HitMiss", "HitPass", "TTL", "Storage", "Filters", "Gzip",
		"Fetch_Body", "Length", "BackendClose", "Link", "SessOpen", "SessClose", "Proxy"}
	return "+Debug," + sign + strings.Join(tags, ","+sign)
}

// cacheFirstByte is how long the cache tier waits for an answer of the web tier.
// That one finds out about slow apps, and has to be outlasted, unless its one
// clock runs for the silence within an answer, which may be longer.
func cacheFirstByte(t site.Timeouts) time.Duration {
	if t.BetweenBytes > t.FirstByte {
		return firstByteAlone(t)
	}
	return 2*(t.Connect+t.FirstByte) + 5*time.Second
}

// firstByteAlone is the same where the cache tier alone looks after first_byte:
// a builtin web tier, which may stand in at any time, is a little faster still.
func firstByteAlone(t site.Timeouts) time.Duration {
	return max(t.Connect, t.FirstByte) + t.FirstByte/4 + time.Second
}
