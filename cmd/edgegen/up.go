package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"edgegen/internal/control"
)

func newUp(s streams) *cobra.Command {
	var engine, directory string
	c := &cobra.Command{
		Use:   "up [SITE]",
		Short: "Run the edge in the foreground until a signal",
		Long: `up starts the apps that the site names a command for, then nginx, Varnish and
stunnel, each after the one before it answers, and starts again what dies.

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
			return up(c.Context(), s, siteOf(arguments), dir, selection)
		},
	}
	c.Flags().StringVar(&engine, "engine", "", "auto, native, or a list such as tls=stunnel,cache=varnish (default: what the site says)")
	stateDirFlag(c, &directory)
	return c
}

func up(ctx context.Context, s streams, path, dir string, selection control.Selection) error {
	log := newLogger(s.err, colored(s.err))
	ctx, hurry, done := untilSignal(ctx)
	defer done()
	return control.Up(ctx, hurry, control.Options{
		Site:     path,
		StateDir: dir,
		Select:   selection,
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
// one that ends with the second.
func untilSignal(ctx context.Context) (first, second context.Context, done func()) {
	first, endFirst := context.WithCancel(ctx)
	second, endSecond := context.WithCancel(context.WithoutCancel(ctx))
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	over, finished := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(finished)
		for _, end := range []context.CancelFunc{endFirst, endSecond} {
			select {
			case <-signals:
				end()
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
