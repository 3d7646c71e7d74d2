// Package engines lists the programs that can serve a tier: which tiers each serves, what
// has to be installed, what a reload does to it, and what it cannot do. All other packages
// read this list.
//
// Three packages have a row of their own for each daemon: native, which understands the
// program's output; render, which executes its templates; and tiers, which starts and
// stops it. So a new daemon needs a row in each, and its templates.
package engines

import (
	"slices"
	"strings"

	"edgegen/internal/site"
)

// Daemon is an engine that is a program of its own.
type Daemon struct {
	Name  site.Engine
	Title string   // as its makers write it
	Tiers []string // that it can serve
	// Besides are tiers that it serves only in the same process as one of Tiers, and only
	// if the site names it for them: Auto never takes it for these.
	Besides []string

	Programs []string // the names of its program, the preferred one first
	// Logs are the names of the program that prints its log; nil where it has none.
	Logs     []string
	Package  string // what to install
	Debian   string // what to install on Debian and Ubuntu
	Minimum  string // the oldest version that edgegen can use
	Because  string // what an older version lacks
	Tried    string // the versions that the tests are run with, as the documentation says it
	Needs    []Feature
	Compiles bool // it calls a C compiler while it runs

	Does    string // what it is for, in words for the documentation
	Reloads string // what a reload does to it, in words for the documentation

	// Cannot returns what a site asks of a tier that the daemon cannot do, and the line
	// that asks for it; "" if it can do all. Deviations that do not depend on the site
	// are the daemon's Differences.
	Cannot func(edge *site.Edge, tier string) (problem string, at site.Source)
	// Codings are the content codings in which it can send stored answers or files.
	Codings []string
	// PipesBlindly is set if it does not look into an app's answer to a WebSocket handshake.
	PipesBlindly bool
	// HTTP2 is set if it speaks HTTP/2 with clients when it serves the tls tier.
	HTTP2 bool
	// Untunnelled is set if clients cannot open WebSockets over HTTP/2 (RFC 8441).
	Untunnelled bool
	// LeastFiles is how many files the process must be allowed to open when it serves the
	// tls tier with that many connections; nil if twice the connections are enough.
	LeastFiles func(connections int) uint64
}

// Feature is something that a daemon may have been built without.
type Feature struct {
	Name string // as the program names it
	Why  string // what edgegen needs it for
}

// Daemons lists them in the order of preference.
func Daemons() []Daemon {
	return []Daemon{
		{
			Name: site.Stunnel, Title: "stunnel", Tiers: []string{site.TLSTier},
			Programs: []string{"stunnel", "stunnel4"},
			Package:  "stunnel", Debian: "stunnel4",
			Minimum: "5.60", Because: "which has sessionResume",
			Tried:      "5.68 (Debian 12), 5.74 (Debian 13)",
			Needs:      []Feature{{"SYSTEMD", "the socket activation by which edgegen hands it the public listeners"}},
			Does:       "Terminates TLS 1.2 and 1.3, with the site's certificate chosen by SNI ([docs/tls.md](docs/tls.md) has the findings of testssl.sh); a client that names no site gets the certificate of the default site, or else of the first one in the file",
			Reloads:    "Reads its file and certificates again on SIGHUP. If the TLS listeners change, a second stunnel takes over, and the first one goes on with its connections",
			Cannot:     stunnelCannot,
			LeastFiles: stunnelFiles,
		},
		{
			Name: site.Varnish, Title: "Varnish", Tiers: []string{site.CacheTier},
			Programs: []string{"varnishd", "vinyld"}, Logs: []string{"varnishlog", "vinyllog"},
			Package: "varnish", Debian: "varnish",
			Minimum: "6.2", Because: "which has VCL 4.1, Unix sockets, and JSON on its command line",
			Tried:        "7.1 (Debian 12), 7.7 (Debian 13)",
			Compiles:     true,
			Does:         "Finds site, route and client of a request, caches, pipes WebSockets to the app",
			Reloads:      "Compiles the new VCL beside the old one and switches to it; most parameters change while it runs. The size of its storage, and other options that it reads only at its start, need a restart",
			Cannot:       varnishCannot,
			Codings:      []string{site.Gzip},
			PipesBlindly: true,
		},
		{
			Name: site.Nginx, Title: "nginx", Tiers: []string{site.WebTier}, Besides: []string{site.TLSTier},
			Programs: []string{"nginx"},
			Package:  "nginx", Debian: "nginx",
			Minimum: "1.18", Because: "the oldest that a supported distribution carries",
			Tried:   "1.22 (Debian 12), 1.26 (Debian 13)",
			Needs:   []Feature{{"with-http_gzip_static_module", "which serves compressed files that lie beside the originals"}},
			Does:    "Serves files, redirects, asks the apps; has the plain-HTTP listeners",
			Reloads: "Checks the new files (`nginx -t`) and reads them on SIGHUP; old workers finish what they have begun. If its listeners change, a second nginx takes over",
			Cannot:  nginxCannot,
			Codings: []string{"br", site.Gzip},
			HTTP2:   true, Untunnelled: true,
			LeastFiles: nginxFiles,
		},
	}
}

// Named is the row of an engine; false for Auto, Builtin and Off.
func Named(name site.Engine) (Daemon, bool) {
	for _, d := range Daemons() {
		if d.Name == name {
			return d, true
		}
	}
	return Daemon{}, false
}

// IsDaemon reports whether the engine is a program of its own.
func IsDaemon(name site.Engine) bool {
	_, is := Named(name)
	return is
}

// For lists the daemons that Auto may take for a tier, the preferred one first.
func For(tier string) (names []site.Engine) {
	for _, d := range Daemons() {
		if slices.Contains(d.Tiers, tier) {
			names = append(names, d.Name)
		}
	}
	return names
}

// Choices lists the engines that the command line accepts for a tier.
func Choices(tier string) []site.Engine {
	choices := append([]site.Engine{site.Auto}, For(tier)...)
	for _, d := range Daemons() {
		if slices.Contains(d.Besides, tier) {
			choices = append(choices, d.Name)
		}
	}
	return append(choices, site.Builtin)
}

// Joins reports whether the daemon serves the tier only in the process that serves one of
// its own tiers (Daemon.Besides).
func Joins(name site.Engine, tier string) bool {
	d, is := Named(name)
	return is && slices.Contains(d.Besides, tier)
}

// HasCoding reports whether the engine can send stored answers and files in the coding. A
// builtin tier can in every one.
func HasCoding(name site.Engine, coding string) bool {
	d, is := Named(name)
	return !is || slices.Contains(d.Codings, coding)
}

// PipesBlindly reports whether the engine passes on an app's answer to a WebSocket
// handshake without looking into it.
func PipesBlindly(name site.Engine) bool {
	d, _ := Named(name)
	return d.PipesBlindly
}

// Either writes engines as part of a sentence: "auto, stunnel or builtin".
func Either(names []site.Engine) string {
	var all []string
	for _, name := range names {
		all = append(all, string(name))
	}
	last := len(all) - 1
	return strings.Join(all[:last], ", ") + " or " + all[last]
}
