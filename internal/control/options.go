package control

import (
	"io"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/site"
	"edgegen/internal/systemd"
)

// Options are what an edge is started with.
type Options struct {
	Site  string         // a file or a directory
	Given []config.Given // values of its variables
	// Shared is a file with what several edges are told by one edge block, which lies
	// beneath the site's own; "" for none.
	Shared string
	// Settle may change the model of a site that was read; nil changes nothing.
	Settle    func(*site.Edge)
	StateDir  string
	Select    generation.Selection
	Version   string
	Templates string // a directory with templates in the place of those of the program; "" for none
	Watch     bool   // reload when a file that the site is made of changes
	LastGood  bool   // where the site is refused, start with the one that was served last

	// NoTakeover leaves a tier down whose daemon is down.
	NoTakeover bool
	Guardian   []string     // the arguments that make this program a guardian
	Log        *slog.Logger // what edgegen and the daemons say
	Access     io.Writer    // the access log, where the site says "stdout"

	// AppStart is how long an app may take until it answers; 0 is two minutes.
	AppStart time.Duration

	// Hangup asks for a reload, Reopen for the access log's file to be opened
	// anew; nil never does.
	Hangup, Reopen <-chan struct{}
	// Listeners are TCP listeners that the edge takes where the site names their
	// addresses. They belong to Up.
	Listeners []systemd.Listener
	// Notify tells the service manager; nil tells nobody.
	Notify *systemd.Notifier

	// Collected is told, before the edge serves, by what its metrics are collected
	// besides those that it tells itself; nil is told nothing. Requests are counted where
	// the site has metrics.
	Collected func(prometheus.Collector)

	// SetLevel is told the site's log.level. Warn is told the diagnostics that
	// are no errors. Ready is told the addresses once the edge serves.
	SetLevel func(level string)
	Warn     func(config.Diagnostics)
	Ready    func(addresses []string)

	secrets *secrets // of the sites that are loaded; set by Up
}
