package render

import (
	"fmt"
	"slices"
	"time"

	"edgegen/internal/site"
)

type nginxData struct {
	header
	Default           bool // whether a site has the hosts of nobody
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
	Brotli            string // the module for it; "" where no file is compressed so
	Upstreams         []nginxUpstream
	Front             *nginxFront // nil where somebody else ends TLS
	Plain             []nginxListener
	HeaderBuffers     string
	PlainBuffers      string // for a whole head, less the first buffer of 1 KiB
	PlainSocket       string
	StandbyPlain      string // "" where nobody stands by
	Challenges        string // the socket that knows what authorities ask for; "" where none does
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
	// What nginx has by default is 64 bytes a bucket, which is a cache line, and
	// 512 of them. A name needs its length and some. Of thousands a few meet in one
	// bucket, however many there are, which nginx would warn of.
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

// manyNames are so many that they do not fit into buckets of nginx's own size.
const manyNames = 2000

// plainListeners are those on which nginx redirects to https.
func plainListeners(edge *site.Edge) []site.Listener {
	if edge.PlainByTLS() {
		return nil
	}
	return edge.HTTP
}
