package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"edgegen/internal/control"
)

func newUp(s streams) *cobra.Command {
	var engine, directory string
	var appTimeout time.Duration
	c := &cobra.Command{
		Use:   "up [SITE]",
		Short: "Run the edge in the foreground until a signal",
		Long: `up starts the apps that the site names a command for, then the web, cache and
tls tiers, each after the one before it answers, and starts again what dies. A
tier whose daemon is not installed is served by edgegen itself.

SIGINT and SIGTERM wait for requests in work and stop; a second one stops at
once. The access log goes to stdout, everything else to stderr.`,
		Args: siteArgument,
		RunE: func(c *cobra.Command, arguments []string) error {
			selection, err := control.ParseSelection(engine)
			if err != nil {
				return usageError{fmt.Errorf("--engine: %w", err)}
			}
			dir, err := stateDir(directory)
			if err != nil {
				return err
			}
			if appTimeout <= 0 {
				return usageError{fmt.Errorf("--app-timeout: %s is no time to wait", appTimeout)}
			}
			return up(c.Context(), s, siteOf(arguments), dir, selection, appTimeout)
		},
	}
	c.Flags().StringVar(&engine, "engine", "", "auto, native (fail where a daemon is missing), builtin, or a list such as tls=builtin,cache=varnish (default: what the site says)")
	c.Flags().DurationVar(&appTimeout, "app-timeout", 2*time.Minute, "how long an app may take until it answers")
	stateDirFlag(c, &directory)
	return c
}

func up(ctx context.Context, s streams, path, dir string, selection control.Selection, appTimeout time.Duration) error {
	log := newLogger(s.err, colored(s.err))
	ctx, hurry, done := untilSignal(ctx, func() {
		log.Warn("SIGHUP: there is no reload yet, nothing has changed; stop and start the edge")
	})
	defer done()
	return control.Up(ctx, hurry, control.Options{
		Site:     path,
		StateDir: dir,
		Select:   selection,
		AppStart: appTimeout,
		Version:  version(),
		Guardian: []string{guardianArgument},
		Log:      log.Logger,
		SetLevel: log.setLevel,
		Access:   s.out,
		Warn:     s.report,
		Ready: func(addresses []string) {
			for _, address := range addresses {
				fmt.Fprintf(s.err, "\n    %s\n", address)
			}
			fmt.Fprintln(s.err)
		},
	})
}

// untilSignal returns a context that ends with the first SIGINT or SIGTERM and
// one that ends with the second. A SIGHUP, which would end the program, is told
// to hangup instead.
func untilSignal(ctx context.Context, hangup func()) (first, second context.Context, done func()) {
	first, endFirst := context.WithCancel(ctx)
	second, endSecond := context.WithCancel(context.WithoutCancel(ctx))
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	over, finished := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(finished)
		ends := []context.CancelFunc{endFirst, endSecond}
		for len(ends) > 0 {
			select {
			case s := <-signals:
				if s == syscall.SIGHUP {
					hangup()
					continue
				}
				ends[0]()
				ends = ends[1:]
			case <-over:
				return
			}
		}
	}()
	return first, second, func() {
		signal.Stop(signals)
		close(over)
		<-finished
		endFirst()
		endSecond()
	}
}
