package render

import (
	"time"

	"edgegen/internal/site"
)

// argumentsData is what varnishd's arguments are made from.
type argumentsData struct {
	header
	site.Edge
	Standby          bool
	WorkDir          string
	CacheSocket      string
	PlainSocket      string
	ProbeSocket      string
	HeadTimeout      time.Duration
	FirstByte        time.Duration
	Workspace        int64 // bytes
	BackendWorkspace int64 // bytes
	ThreadPoolMax    int   // in each of two pools
}

func argumentsView(in Input, common header) argumentsData {
	edge := in.Edge
	view := argumentsData{
		header:           common,
		Edge:             *edge,
		Standby:          in.Standby,
		WorkDir:          in.Layout.VarnishDir(),
		CacheSocket:      in.Layout.CacheSocket(),
		PlainSocket:      in.Layout.PlainSocket(),
		ProbeSocket:      in.Layout.CacheProbe(),
		HeadTimeout:      min(edge.Timeout.Header, edge.Timeout.Idle),
		FirstByte:        2*(edge.Timeout.Connect+edge.Timeout.FirstByte) + 5*time.Second,
		Workspace:        64<<10 + 6*edge.Limits.HeaderSize,
		BackendWorkspace: 256<<10 + 4*edge.Limits.HeaderSize,
		ThreadPoolMax:    edge.Limits.WebSockets/2 + max(200, edge.Limits.Connections/8),
	}
	if in.Standby {
		view.CacheSocket, view.PlainSocket = in.Layout.VarnishSocket(), in.Layout.VarnishPlain()
	}
	return view
}
