package render

import (
	"fmt"
	"slices"
	"time"

	"edgegen/internal/site"
)

type nginxData struct {
	header
	Default           bool // there is a default site
	Timeout           site.Timeouts
	BodyTimeout       time.Duration
	ReadTimeout       time.Duration
	Limits            site.Limits
	Log               site.Log
	User              string
	UserSource        site.Source
	PidFile, TempDir  string
	ErrorLevel        string
	WorkerConnections int
	NamesBucket       int    // bytes; 0 for nginx's own
	NamesSize         int    // likewise
	Brotli            string // the path of nginx's Brotli module; "" if no file is compressed by it
	Upstreams         []nginxUpstream
	Front             *nginxFront // nil if nginx is not the TLS tier
	Plain             []nginxListener
	HeaderBuffers     string
	PlainBuffers      string // for a request head, less the first buffer of 1 KiB
	PlainSocket       string
	StandbyPlain      string // the stand-in's; "" if there is none
	Challenges        string // the socket that answers ACME challenges; "" if no site has any
	ChallengesSource  site.Source
	ProbeSocket       string
	WebSocket         string   // the socket the cache tier asks
	Raw               nginxRaw // of the whole http block
	Sites             []nginxSite
}

type nginxListener struct {
	Address string
	IPv6    bool
	Source  site.Source
}

func nginxView(in Input, common header) nginxData {
	edge, layout := in.Edge, in.Layout
	view := nginxData{
		header:            common,
		Timeout:           edge.Timeout,
		BodyTimeout:       2*edge.Timeout.Body + 5*time.Second,
		ReadTimeout:       max(edge.Timeout.FirstByte, edge.Timeout.BetweenBytes),
		Limits:            edge.Limits,
		Log:               edge.Log,
		User:              edge.User,
		UserSource:        edge.UserSource,
		PidFile:           layout.NginxPID(),
		TempDir:           layout.NginxTemp(),
		ErrorLevel:        map[string]string{"debug": "info", "error": "error"}[edge.Log.Level],
		WorkerConnections: 2*edge.Limits.Connections + 512,
		HeaderBuffers:     fmt.Sprintf("8 %d", edge.Limits.HeaderSize+8<<10),
		PlainBuffers:      fmt.Sprintf("1 %d", max(1<<10, edge.Limits.HeaderSize-1<<10)),
		Front:             frontOf(in),
		PlainSocket:       layout.PlainSocket(),
		ProbeSocket:       layout.WebProbe(),
		WebSocket:         layout.WebSocket(),
		Raw:               nginxRawOf(edge.Raw),
	}
	if in.Standby {
		view.StandbyPlain = layout.StandbyPlain()
	}
	if edge.Challenged() {
		view.Challenges, view.ChallengesSource = layout.ChallengeSocket(), edge.Sites[slices.IndexFunc(edge.Sites, func(s site.Site) bool { return s.TLS.ACME })].TLS.Source
	}
	if view.ErrorLevel == "" {
		view.ErrorLevel = "warn"
	}
	for _, listener := range plainListeners(edge) {
		view.Plain = append(view.Plain, nginxListener{listener.Address.String(), listener.Address.Addr().Is6(), listener.Source})
	}
	if view.Front != nil {
		view.WorkerConnections = 4*edge.Limits.Connections + 512 // it takes each request twice
	}
	longest, names := 0, 0
	for i := range edge.Sites {
		s := &edge.Sites[i]
		view.Upstreams = append(view.Upstreams, upstreamsOf(s)...)
		view.Sites = append(view.Sites, nginxSiteOf(s, in.Unserved, edge.Timeout))
		view.load(in.Brotli, &view.Sites[i])
		for _, name := range view.Sites[i].ServerNames {
			longest = max(longest, len(name))
		}
		names += len(view.Sites[i].ServerNames)
		view.Default = view.Default || s.Default
	}
	slices.SortStableFunc(view.Sites, func(a, b nginxSite) int { return byPatterns(len(a.deep), len(b.deep)) })
	for i := range view.Sites {
		view.Sites[i].giveWay(view.Sites[i+1:])
	}
	if view.Front != nil {
		for _, s := range view.Front.Sites {
			for _, name := range s.Names {
				longest = max(longest, len(name))
			}
			names += len(s.Names)
		}
	}
	// By default nginx has 512 buckets of 64 bytes, a cache line. A name needs some
	// bytes more than its length. With thousands of names, several fall into one bucket
	// however many buckets there are, and nginx would warn about it.
	bucket := (longest + 32 + 63) / 64 * 64
	if names > manyNames {
		bucket = max(bucket, 128)
	}
	if bucket > 64 {
		view.NamesBucket = bucket
	}
	if size := 4 * names; size > 512 {
		view.NamesSize = size
	}
	return view
}

// manyNames is from how many names on the default bucket size is too small.
const manyNames = 2000

// plainListeners returns the plain-HTTP listeners that nginx has.
func plainListeners(edge *site.Edge) []site.Listener {
	if edge.PlainByTLS() {
		return nil
	}
	return edge.HTTP
}
