package render

import (
	"fmt"
	"path"
	"slices"
	"strings"
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

type nginxUpstream struct {
	Name, Title string
	Location    string // what the named locations are called that lead there
	Stream      bool   // whether request bodies are sent on as they come
	Host        string // that it is asked for; "" for what the client has sent
	Patience    *nginxPatience
	BodySize    int64 // bytes of a request's body; 0 for as many as elsewhere
	Rewritten   bool  // whether the cache tier says what is asked for
	Tries       int   // how many servers a request may be tried on; 0 for the usual number
	Again       bool  // whether a request is tried once more by a location of its own
	Several     bool  // servers
	Servers     []nginxServer
	ErrorCodes  string // those whose pages edgegen writes
	Source      site.Source
	Raw         nginxRaw // of the route that leads there
	// StreamSource is the line that asks for Stream.
	StreamSource, SizeSource site.Source
}

// nginxPatience is how long an app is waited for that has timeouts of its own.
type nginxPatience struct {
	Connect, FirstByte, Read time.Duration
	Source                   site.Source
}

type nginxServer struct {
	Address string
	Backup  bool // the second address of a name
	Named   bool // the name has two addresses, one of which may refuse each time
	Source  site.Source
}

type nginxSite struct {
	Host        string
	ServerNames []string
	// ServerPatterns are wildcards: one of nginx's own would take any number of labels.
	ServerPatterns []string
	Default        bool // what no other server's names fit is the site's
	Maintenance    *nginxMaintenance
	Pages          []nginxPage
	Routes         []nginxRoute
	Fallbacks      []nginxUpstream // the apps that stand behind files
	Apps           []nginxUpstream // the apps in use, once for each way of sending bodies
	HasRoot        bool
	// Told has the cache tier's note lead to the routes, where their paths alone do not.
	Told bool
	// OwnSizes is set where a route takes another number of bytes than others.
	OwnSizes bool
	Raw      nginxRaw
	Source   site.Source
}

type nginxMaintenance struct {
	Page, Directory, FileName string
	RetryAfter                time.Duration
	Source                    site.Source
}

type nginxRoute struct {
	site.Route
	ID      string
	Pattern string         // "" for "/"
	App     *nginxUpstream // nil for none
	// Files are the try_files of a static route, the first in its own location.
	Files   []nginxFiles
	Denials []string // regular expressions of paths that lead to no file
	// Scripts is one of the paths that are an app's to run, and none of files; "" for
	// none.
	Scripts string
	hidden  Unserved
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
	if view.Front != nil {
		for _, s := range view.Front.Sites {
			longest, names = max(longest, len(slices.MaxFunc(s.Names, shorter))), names+len(s.Names)
		}
	}
	// What nginx has by default is 64 bytes a bucket, which is a cache line, and
	// 512 of them. A name needs its length and some.
	if bucket := (longest + 32 + 63) / 64 * 64; bucket > 64 {
		view.NamesBucket = bucket
	}
	if size := 4 * names; size > 512 {
		view.NamesSize = size
	}
	return view
}

func shorter(a, b string) int { return len(a) - len(b) }

// plainListeners are those on which nginx redirects to https.
func plainListeners(edge *site.Edge) []site.Listener {
	if edge.PlainByTLS() {
		return nil
	}
	return edge.HTTP
}

// upstreamName names a backend of a site. nginx takes no colon there and knows
// no case: "~", which neither a backend nor a host holds, stands for the colons
// of an IPv6 address and keeps "App" and "app" apart.
func upstreamName(s *site.Site, backend string) string {
	name := backend
	for i, other := range s.Backends {
		if other.Name == backend {
			break
		}
		if strings.EqualFold(other.Name, backend) {
			name = fmt.Sprintf("%s~%d", backend, i+2)
		}
	}
	return name + "." + strings.ReplaceAll(s.Host, ":", "~")
}

func upstreamsOf(s *site.Site) []nginxUpstream {
	var upstreams []nginxUpstream
	for _, backend := range s.Backends {
		upstream := nginxUpstream{
			Name:    upstreamName(s, backend.Name),
			Title:   backend.Name + " of " + s.Host,
			Several: len(backend.Servers) > 1,
			Source:  backend.Source,
		}
		for _, server := range backend.Servers {
			addresses := server.Addresses()
			if server.Path != "" {
				addresses = []string{"unix:" + server.Path}
			}
			upstream.Servers = append(upstream.Servers, nginxServer{addresses[0], false, len(addresses) > 1, server.Source})
			for _, other := range addresses[1:] {
				upstream.Servers = append(upstream.Servers, nginxServer{other, true, true, server.Source})
			}
		}
		upstreams = append(upstreams, upstream)
	}
	return upstreams
}

// serverNames are those by which nginx finds a site: all but the aliases, which the
// cache tier redirects.
func serverNames(s *site.Site) (names, patterns []string) {
	return namesForNginx(append([]string{s.Host}, s.Hosts...))
}

// namesForNginx tells names from patterns, which stand for wildcards: one of nginx's
// own would take any number of labels.
func namesForNginx(hosts []string) (names, patterns []string) {
	for _, host := range hosts {
		if _, wildcard := site.Beneath(host); wildcard {
			patterns = append(patterns, "~"+anyOf([]string{hostPattern(host)}))
		} else {
			names = append(names, site.URLHost(host))
		}
	}
	return names, patterns
}

func nginxSiteOf(s *site.Site, unserved []Unserved, t site.Timeouts) nginxSite {
	rendered := nginxSite{Host: s.Host, Default: s.Default, Told: !s.Sorted(), Raw: nginxRawOf(s.Raw), Source: s.Source}
	rendered.ServerNames, rendered.ServerPatterns = serverNames(s)
	if m := s.Maintenance; m != nil {
		rendered.Maintenance = &nginxMaintenance{
			Page:       m.Page,
			Directory:  path.Dir(m.Page),
			FileName:   "/" + path.Base(m.Page),
			RetryAfter: m.RetryAfter,
			Source:     m.Source,
		}
	}
	rendered.Pages = nginxPagesOf(s)
	seen := make(map[string]bool)
	for number, route := range s.Routes {
		rendered.OwnSizes = rendered.OwnSizes || route.BodySize > 0
		r := nginxRoute{Route: route, ID: route.ID(s.Host), Pattern: pathPattern(&route)}
		rendered.HasRoot = rendered.HasRoot || rendered.Told || route.Path == "/"
		if route.Internal { // no request comes to it here
			rendered.Routes = append(rendered.Routes, r)
			continue
		}
		if route.Backend != "" {
			app := nginxAppOf(s, &route, t)
			r.App = &app
			if route.Static != nil && !seen["file "+app.Location] {
				seen["file "+app.Location] = true
				rendered.Fallbacks = append(rendered.Fallbacks, app)
			}
			if !seen[app.Location] {
				seen[app.Location] = true
				rendered.Apps = append(rendered.Apps, app)
			}
		}
		if route.Static != nil {
			r.serve(number+1, unserved)
			r.Scripts = scripts(s.ScriptEndings())
		}
		rendered.Routes = append(rendered.Routes, r)
	}
	return rendered
}

// serve fills in what a static route needs.
func (r *nginxRoute) serve(number int, unserved []Unserved) {
	for _, hidden := range unserved {
		if hidden.Root == r.Static.Root {
			r.hidden = hidden
		}
	}
	r.Files, r.Denials = filesOf(r, number), denials(r.Static, r.hidden)
}

// nginxAppOf is the app that stands behind a route.
func nginxAppOf(s *site.Site, route *site.Route, t site.Timeouts) nginxUpstream {
	backend, _ := s.BackendByName(route.Backend)
	app := nginxUpstream{
		Name:   upstreamName(s, route.Backend),
		Title:  route.Backend,
		Stream: route.Stream,
		Again:  len(backend.Servers) == 1,
		Source: route.BackendSource,

		ErrorCodes:   errorCodes(),
		StreamSource: route.StreamSource,
	}
	named := 0
	for _, server := range backend.Servers {
		if len(server.Addresses()) > 1 {
			named++
		}
	}
	if named > 0 && !app.Again {
		app.Tries = named + 2
	}
	app.Location = app.Name
	if app.Stream {
		app.Location = "stream." + app.Name
	}
	app.Host = backend.Host
	if route.BodySize > 0 {
		app.BodySize, app.SizeSource = route.BodySize, route.BodySizeSource
		app.Location = fmt.Sprintf("size_%d.%s", app.BodySize, app.Location)
	}
	if backend.Timeout.Own() {
		t := backend.Timeout.Over(t)
		app.Patience = &nginxPatience{t.Connect, t.FirstByte, max(t.FirstByte, t.BetweenBytes), backend.Timeout.Source}
	}
	if route.Rewrite != nil {
		app.Rewritten, app.Location = true, "rewrite."+app.Location
	}
	if raw := nginxRawOf(route.Raw); len(raw.Text) > 0 {
		app.Raw, app.Location = raw, "raw_"+route.ID(s.Host)+"."+app.Location
	}
	return app
}
