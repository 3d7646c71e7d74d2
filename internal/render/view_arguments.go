package render

import (
	"strings"
	"time"

	"edgegen/internal/site"
)

// argumentsData is the data for varnishd.args.
type argumentsData struct {
	header
	site.Edge
	Standby          bool
	Behind           bool // TLS is terminated in front of the edge
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
		HeadTimeout:      min(edge.Timeout.Header, edge.Timeout.Idle, time.Hour), // an hour is Varnish's limit from 7.5 on
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

// unread returns the vsl_mask that turns off, or on, the log records that edgegen does not
// read. VCL_return stays, since it separates the restarts of a request. Debug, which is off by
// default, reports answers that could not be written.
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

// cacheFirstByte is how long the cache tier waits for an answer of the web tier. The web tier
// times slow apps out itself, so this is longer. But nginx has only one timeout for an app's
// first byte and for silence within an answer; if the latter is longer, the cache tier has to
// enforce first_byte.
func cacheFirstByte(t site.Timeouts) time.Duration {
	if t.BetweenBytes > t.FirstByte {
		return firstByteAlone(t)
	}
	return 2*(t.Connect+t.FirstByte) + 5*time.Second
}

// firstByteAlone is the timeout if the cache tier alone enforces first_byte. It is a little
// longer than that of a builtin web tier, which may stand in for nginx at any time.
func firstByteAlone(t site.Timeouts) time.Duration {
	return max(t.Connect, t.FirstByte) + t.FirstByte/4 + time.Second
}
