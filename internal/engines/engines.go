// Package engines is the one list of the programs that can serve a tier: which tiers
// each serves, what has to be installed, what it does with a reload, and what it cannot
// do. All other rooms read it.
//
// Three rooms have a row of their own for each daemon: native, which understands what
// the program says; render, which fills in its templates; and control, which starts and
// stops it. So a new daemon is a row here, a row there, and its templates.
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
	// Besides are tiers that it serves only in the same process as one of those, and
	// only where the site names it for them: Auto never takes it.
	Besides []string

	Programs []string // the names of its program, the preferred one first
	// Logs are the names of the program that prints its log; nil where it has none.
	Logs     []string
	Package  string // what to install
	Debian   string // what to install on Debian and Ubuntu
	Minimum  string // the oldest version that will do
	Because  string // what an older version lacks
	Tried    string // the versions that the tests are run with, in words for the documentation
	Needs    []Feature
	Compiles bool // it calls a C compiler while it runs

	Does    string // what it is for, in words for the documentation
	Reloads string // what a reload does to it, in words for the documentation

	// Cannot says what a site asks of one of the tiers that the daemon cannot do, and
	// where the site asks it; "" where there is nothing. What it does otherwise than is
	// promised, whatever a site asks, are its Differences.
	Cannot func(edge *site.Edge, tier string) (problem string, at site.Source)
	// Codings are those in which it can send what it has kept or read from a file.
	Codings []string
	// PipesBlindly says that it does not look into the answer to a WebSocket's handshake.
	PipesBlindly bool
	// HTTP2 says that it speaks that with clients, where it ends TLS.
	HTTP2 bool
	// Untunnelled says that clients cannot open WebSockets over that (RFC 8441).
	Untunnelled bool
	// LeastFiles is how many files the process has to be allowed to open, where it ends
	// TLS for so many connections; nil where twice as many as connections will do.
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
			Does:       "Ends TLS 1.2 and 1.3, with the certificates of the site by SNI ([docs/tls.md](docs/tls.md) has what testssl.sh says of it); a client that names none of them gets that of the first site in the file",
			Reloads:    "Reads its file and certificates anew on SIGHUP. Where the TLS listeners are others, a second stunnel takes over, and the first one goes on with its connections",
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
			Does:         "Decides what a request is, caches, pipes WebSockets to the app",
			Reloads:      "Compiles the new VCL beside the old one and changes over; most parameters change while it runs. A storage of another size, and what else it reads at its start alone, takes a restart",
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
			Needs:   []Feature{{"with-http_gzip_static_module", "which serves files that lie compressed beside the originals"}},
			Does:    "Serves files, redirects, asks the apps; owns the plain-HTTP listeners",
			Reloads: "Checks the new files (`nginx -t`) and reads them on SIGHUP; old workers finish what they have begun. Where its listeners are others, a second nginx takes over",
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

// Choices lists what the command line can name for a tier.
func Choices(tier string) []site.Engine {
	choices := append([]site.Engine{site.Auto}, For(tier)...)
	for _, d := range Daemons() {
		if slices.Contains(d.Besides, tier) {
			choices = append(choices, d.Name)
		}
	}
	return append(choices, site.Builtin)
}

// Joins reports whether the daemon serves the tier only together with one of its own.
func Joins(name site.Engine, tier string) bool {
	d, is := Named(name)
	return is && slices.Contains(d.Besides, tier)
}

// HasCoding reports whether the engine can send what it keeps, or reads from a file, in
// the coding: a builtin tier can in each.
func HasCoding(name site.Engine, coding string) bool {
	d, is := Named(name)
	return !is || slices.Contains(d.Codings, coding)
}

// PipesBlindly reports whether the engine sends on the answer to a WebSocket's handshake
// as the app has written it.
func PipesBlindly(name site.Engine) bool {
	d, _ := Named(name)
	return d.PipesBlindly
}

// Either lists engines as a sentence does: "auto, stunnel or builtin".
func Either(names []site.Engine) string {
	var all []string
	for _, name := range names {
		all = append(all, string(name))
	}
	last := len(all) - 1
	return strings.Join(all[:last], ", ") + " or " + all[last]
}
