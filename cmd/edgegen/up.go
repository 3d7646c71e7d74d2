package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"edgegen/internal/config"
	"edgegen/internal/control"
	"edgegen/internal/generation"
	"edgegen/internal/queue"
	"edgegen/internal/systemd"
)

type upFlags struct {
	engine, stateDir, templates string
	watch, lastGood, noTakeover bool
	appTimeout                  time.Duration
	given                       []config.Given
}

func newUp(s streams) *cobra.Command {
	var flags upFlags
	c := &cobra.Command{
		Use:   "up [SITE]",
		Short: "Run the edge in the foreground until a signal",
		Long: `up starts the apps for which the site names a command, and then the web, cache and
tls tiers, each after the one before it answers. A process that dies is started
again. If the daemon of a tier is not installed, or is down, edgegen itself serves
that tier until the daemon answers again.

With --templates, the daemons' files are made from the templates in a directory
(edgegen templates export writes edgegen's own, to be changed). Every reload reads
them again. A tier with a changed template is never builtin, and edgegen does not
serve it while its daemon is down.

SIGHUP reloads the site, SIGUSR1 reopens the access log's file. SIGINT and
SIGTERM wait for requests under way and stop; a second one stops at once. The
access log goes to stdout, everything else to stderr.

Under systemd it takes the sockets of a socket unit, and reports when it is ready.
If stderr is systemd's journal, messages keep their level there, and have fields
such as EDGEGEN_FROM.`,
		Example: `  edgegen up
  edgegen up --engine builtin --watch`,
		Args: siteArgument, ValidArgsFunction: completeSite,
		RunE: func(c *cobra.Command, arguments []string) error {
			selection, err := generation.ParseSelection(flags.engine)
			if err != nil {
				return usageError{fmt.Errorf("--engine: %w", err)}
			}
			if flags.appTimeout <= 0 {
				return usageError{fmt.Errorf("--app-timeout: %s is not positive: write a time such as 2m", flags.appTimeout)}
			}
			if flags.stateDir, err = stateDir(flags.stateDir); err != nil {
				return err
			}
			return up(c.Context(), s, siteOf(arguments), flags, selection)
		},
	}
	engineFlag(c, &flags.engine, "auto, native (fail if a daemon is missing), builtin, or a list such as tls=builtin,cache=varnish (default: what the site says)")
	c.Flags().BoolVarP(&flags.watch, "watch", "w", false, "reload when a file that the site is made of changes")
	templatesFlag(c, &flags.templates)
	c.Flags().BoolVar(&flags.lastGood, "last-good", false, "if the site is refused, start with the configuration that was served last")
	c.Flags().BoolVar(&flags.noTakeover, "no-takeover", false, "do not serve a tier in place of a daemon that is down")
	c.Flags().DurationVar(&flags.appTimeout, "app-timeout", 2*time.Minute, "how long to wait for an app's first answer after its start")
	stateDirFlag(c, &flags.stateDir)
	givenFlags(c, &flags.given)
	return c
}

const (
	// logLimit is how many bytes of messages wait for whoever reads stderr.
	logLimit = 1 << 20
	// logPatience is how long the end waits for them to be read.
	logPatience = time.Second
)

// up runs the edge.
func up(ctx context.Context, s streams, path string, flags upFlags, selection generation.Selection) error {
	return s.queued(func(s streams, log logger) error { return runEdge(ctx, s, log, path, flags, selection) })
}

// queued runs what serves. A reader of stderr that has stalled must hold up neither that
// nor its end, so everything that is written there goes through a queue here.
func (s streams) queued(serve func(streams, logger) error) error {
	block := heapFloor()
	defer runtime.KeepAlive(block)
	var log logger
	messages := queue.New(s.err, queue.Options{Limit: logLimit, Written: func(dropped int64) {
		log.Warn("messages were dropped, because nothing read stderr", "dropped", dropped)
	}})
	defer func() {
		patience, cancel := context.WithTimeout(context.Background(), logPatience)
		defer cancel()
		messages.Close(patience) // there is nobody to be told of what is lost
	}()
	s.err = messages
	log, journaled := newLogger(s.err, colored(s.err)).inJournal()
	defer journaled()
	if err := serve(s, log); err != nil {
		s.tell(err)
		return errFailed
	}
	return nil
}

func runEdge(ctx context.Context, s streams, log logger, path string, flags upFlags, selection generation.Selection) error {
	stop, err := profile()
	if err != nil {
		return err
	}
	defer stop()
	// Before anything is started, so that no child takes what is this process's.
	listeners, err := systemd.Listeners()
	if err != nil {
		return err
	}
	notify := systemd.NewNotifier(log.Logger)
	signals := listenForSignals(ctx)
	defer signals.close()
	return control.Up(signals.first, signals.second, control.Options{
		Site:       path,
		Given:      flags.given,
		StateDir:   flags.stateDir,
		Select:     selection,
		Watch:      flags.watch,
		Templates:  flags.templates,
		LastGood:   flags.lastGood,
		NoTakeover: flags.noTakeover,
		AppStart:   flags.appTimeout,
		Version:    version(),
		Guardian:   []string{guardianArgument},
		Log:        log.Logger,
		SetLevel:   log.setLevel,
		Access:     s.out,
		Hangup:     signals.hangup,
		Reopen:     signals.reopen,
		Listeners:  listeners,
		Notify:     notify,
		Warn:       s.report,
		Ready: func(addresses []string) {
			for _, address := range addresses {
				fmt.Fprintf(s.err, "\n    %s\n", address)
			}
			fmt.Fprintln(s.err)
		},
	})
}
