package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"edgegen/internal/api"
)

func newTop(s streams) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "top",
		Short: "Show what is wrong with the running edge, and its requests",
		Long: `top shows the same as the /status page of the metrics listener: what is wrong, which
engine serves each tier and what it stands in for, and the number and duration of
requests for each site and backend. Requests are counted only if the site has
edge { metrics {} }.

On a terminal it is refreshed every two seconds until Ctrl-C; otherwise it is
printed once.`,
		Example: `  edgegen top
  edgegen top --json`,
		Args: noArguments,
	}
	asksEdge(c, func(ctx context.Context, client *api.Client, _ []string) error {
		overview, err := askOverview(ctx, client)
		switch file, ok := s.out.(*os.File); {
		case err != nil:
			return err
		case asJSON:
			return printJSON(s.out, overview)
		case ok && term.IsTerminal(int(file.Fd())):
			ctx, done := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
			defer done()
			return followTop(ctx, client, file, overview)
		}
		_, err = io.WriteString(s.out, topText(overview, time.Now(), false, columns(s.out)))
		return err
	})
	c.Flags().BoolVar(&asJSON, "json", false, "print it once, as JSON")
	return c
}

func askOverview(ctx context.Context, client *api.Client) (api.Overview, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return client.Overview(ctx)
}

// followTop draws the overview again and again until the context ends.
func followTop(ctx context.Context, client *api.Client, terminal *os.File, overview api.Overview) (err error) {
	defer fmt.Fprint(terminal, wrapLines)
	turn := time.NewTicker(2 * time.Second)
	defer turn.Stop()
	show := showScreen(terminal, topText)
	for ctx.Err() == nil {
		if failed := show(overview, err); failed != nil {
			return failed
		}
		select {
		case <-turn.C:
			overview, err = askOverview(ctx, client)
		case <-ctx.Done():
		}
	}
	return nil
}
