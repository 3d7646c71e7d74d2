package render

import (
	"math"
	"slices"
	"strings"

	"edgegen/internal/routing"
	"edgegen/internal/site"
)

// hostsInTest is how many names of a site one test compares.
const hostsInTest = 16

// trustedSteps is how many trusted proxies a forwarded chain may name in a row.
const trustedSteps = 16

type vclData struct {
	header
	File           string
	Part           bool // one of several, to which default.vcl hands requests
	Top            site.Raw
	Hooks          []vclHook // with text of the owner's own
	Limits         site.Limits
	Timeout        site.Timeouts
	EventStream    string // how long an event stream may be silent
	EventsBegin    string // how long its first byte is waited for
	GatewayTimeout string // the seconds after which an error is for slowness
	WebSocket      string // the socket of the web tier
	SharedSocket   string // that of who is asked for what may be stored: the same, or a member of the cluster
	Apps           []vclApp
	Directors      bool
	Strict         bool // whether one of the sites is
	Trusted        []vclTrusted
	TrustedSteps   []struct{}
	Groups         []vclGroup
	WildcardGroups []vclGroup // likewise, of hosts that no whole name fits
	Gated          bool       // whether edgegen is asked who may come in
	GatedSource    site.Source
	GateSocket     string
	Gates          []vclRoute // those where it is
	Softens        bool       // whether it looks for what has been purged softly
	Watches        bool       // whether it looks after the ends of bodies that pass as they come
	CountsSocket   string     // where it is handed what has been counted
	Certified      bool       // whether clients are asked for a certificate
	CertNames      []string   // in which an app is told of one
	Default        []vclSite  // the one, if any, that has the hosts of nobody
	AnswerGroups   []vclGroup
	Ways           bool // whether the access log tells of sites and routes
	Heads          bool // whether it tells what clients say of themselves
	Trace          *site.Trace
	Cluster        *site.Cluster // nil where the edge answers for itself alone
	TracePattern   string
	TraceBelow     int       // what the last eight digits of a trace's ID are below where it is told of
	SuccessRules   bool      // whether a route has a rule for answers that went well
	Collected      []string  // headers by which routes are chosen
	Queries        bool      // whether routes are chosen by the query
	Named          bool      // whether an app is asked for another host
	Purgeable      bool      // whether a client may purge
	PurgeSocket    string    // where that is done
	Statuses       bool      // whether a site's answers have a Cache-Status
	StatusName     string    // who speaks in it
	TagHeaders     []string  // in which apps name tags
	Keys           []vclSite // those that ignore parameters of the query
	Encodes        bool      // whether a part of a path has to be encoded for that
	Variants       bool      // whether requests for one URL may take several routes
	LongestPath    int       // plus one, of a site with regular expressions
	PageStatuses   []string  // for which a route has a page, statuses before classes
	Codings        []string  // in which a route can compress answers
	Sites          []vclSite
	RedirectPort   string
	HealthPath     string
	HealthSource   site.Source
	Away           string // a file
	LargestObject  int64  // bytes
	LargestBody    int64  // bytes that the most generous route takes
	LargestTaken   int64  // bytes of a body that is too large and is held all the same
	LargestDrain   int64  // bytes of a body that is too large and is read all the same
	// LargestChunked is how much of a body without a length is held in memory.
	LargestChunked int64
	Unstored       string // matches a Content-Encoding in which nothing is stored
	AboutClient    string // matches a Connection that names what is said of the client
	// ForwardedNames and SenderNames are dropped unless the client is a trusted
	// proxy, MethodNames from what the cache may answer, Lookalikes always.
	ForwardedNames []string
	SenderNames    []string
	MethodNames    []string
	Lookalikes     [][]string
	Notes          vclNotes
	Taken          vclMethods // those that some route takes
	Usual          vclMethods // those that a route takes unless it says otherwise
	Safe           vclMethods // those that make nothing invalid

	RedirectSource, StorageSource site.Source
	Behind                        bool // whether somebody in front of the edge ends TLS
	BehindSource                  site.Source
	Muxed                         bool   // whether clients may speak HTTP/2 or 3 with the TLS tier
	AltSvc                        string // "" for none
	ProtocolsSource               site.Source
}

type vclTrusted struct {
	Address string
	Bits    int
	Source  site.Source
}

// vclView is about some of the edge's sites, or all.
func vclView(in Input, common header, sites []*site.Site) vclData {
	view := vclData{
		header:         common,
		Limits:         in.Edge.Limits,
		Timeout:        in.Edge.Timeout,
		EventStream:    vclDuration(in.Edge.Timeout.WebSocketIdle),
		EventsBegin:    vclDuration(firstByteAlone(in.Edge.Timeout)),
		GatewayTimeout: vclDuration(min(firstByteAlone(in.Edge.Timeout), cacheFirstByte(in.Edge.Timeout))),
		WebSocket:      in.Layout.WebSocket(),
		SharedSocket:   in.Layout.WebSocket(),
		GateSocket:     in.Layout.GateSocket(),
		CountsSocket:   in.Layout.CountsSocket(),
		Softens:        in.softens(),
		Watches:        in.watches(),
		RedirectPort:   in.Edge.RedirectPort(),
		HealthPath:     in.Edge.HealthPath,
		HealthSource:   in.Edge.HealthSource,
		Away:           in.Layout.Away(),
		LargestObject:  in.Edge.Storage.Size / 4,
		LargestBody:    in.Edge.LargestBody(),
		LargestTaken:   1 << 20,
		LargestDrain:   2 * in.Edge.LargestBody(),
		// A little more than the limit, so that the web tier answers with 413.
		LargestChunked: in.Edge.LargestBody() + site.HeldBeyond,
		Unstored:       `(?i)(?:^|,)\s*(?:` + strings.Join(site.UnstoredCodings(), "|") + `)\s*(?:,|$)`,
		AboutClient:    `(?i)(?:^|,)\s*(?:x-forwarded-|` + site.NotePrefix + `|(?:` + strings.Join(site.ClientNames(), "|") + `)\s*(?:,|$))`,
		ForwardedNames: site.ForwardedNames(),
		SenderNames:    site.SenderNames(),
		CertNames:      site.CertNames(),
		MethodNames:    site.MethodNames(),
		Lookalikes:     lookalikes(),
		Notes:          notesOfVCL(),
		Taken:          methodsOf(slices.DeleteFunc(site.Methods(), func(m string) bool { return !in.Edge.Takes(m) })),
		Usual:          methodsOf(site.UsualMethods()),
		Safe:           methodsOf(site.SafeMethods()),
		Codings:        site.Codings(),
		StatusName:     site.CacheName,
		PurgeSocket:    in.Layout.PurgeSocket(),
		LongestPath:    routing.LongestPath + 1,
		Top:            in.Edge.Raw.All().Varnish.Top,
		Hooks:          hooksOf(in.Edge, sites),

		RedirectSource: redirectSource(in.Edge),
		Ways:           in.Edge.TellsWays(),
		Heads:          in.Edge.TellsHeads(),
		Trace:          in.Edge.Trace,
		TracePattern:   site.TraceParentPattern,
		Behind:         in.Edge.Plain(),
		BehindSource:   in.Edge.Engine.Source,
		Muxed:          in.Standby && !in.Edge.Plain() && in.Edge.Protocols != (site.Protocols{}),

		ProtocolsSource: in.Edge.ProtocolsSource,
		StorageSource:   in.Edge.Storage.Source,
	}
	if in.Standby && in.Edge.Cluster != nil { // by hand, the daemons have no member of a cluster beside them
		view.SharedSocket, view.Cluster = in.Layout.SharedSocket(), in.Edge.Cluster
	}
	if in.Standby { // by hand nobody speaks HTTP/3
		view.AltSvc = in.Edge.AltSvc()
	}
	if t := in.Edge.Trace; t != nil {
		view.TraceBelow = 10_000_000 + int(math.Round(t.Sample*90_000_000))
	}
	for _, p := range in.Edge.Trusted {
		view.Trusted = append(view.Trusted, vclNetwork(p))
	}
	view.TrustedSteps = make([]struct{}, trustedSteps)
	lowest := lowestVersion(in.Edge)
	for i, s := range sites {
		rendered, apps := vclSiteOf(in, s, i+1, len(view.Apps))
		rendered.Strict = in.Standby && !in.Edge.Plain() && s.TLS.MinVersion > lowest
		view.Strict = view.Strict || rendered.Strict
		view.Sites = append(view.Sites, rendered)
		if s.Default {
			view.Default = []vclSite{rendered}
		}
		view.Apps = append(view.Apps, apps...)
	}
	for _, app := range view.Apps {
		view.Directors = view.Directors || app.Director
	}
	view.group()
	return view
}

// redirectSource is the line that names the port which redirects lead to.
func redirectSource(edge *site.Edge) site.Source {
	switch {
	case edge.PublicPort != 0:
		return edge.PublicPortSource
	case len(edge.HTTPS) == 0:
		return edge.Engine.Source
	}
	return edge.HTTPS[0].Source
}

// lowestVersion is the lowest version of TLS that any site may be asked with. No
// version has a "10", so that their order is that of their names.
func lowestVersion(edge *site.Edge) string {
	lowest := edge.Sites[0].TLS.MinVersion
	for i := range edge.Sites {
		lowest = min(lowest, edge.Sites[i].TLS.MinVersion)
	}
	return lowest
}

// Hooked reports whether a subroutine has such text.
func (v vclData) Hooked(name string) bool {
	return slices.ContainsFunc(v.Hooks, func(h vclHook) bool { return h.Name == name })
}
