package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"edgegen/internal/generation"
	"edgegen/internal/graph"
)

type graphFlags struct {
	siteFlags
	format, host string
}

func newGraph(s streams) *cobra.Command {
	var flags graphFlags
	c := &cobra.Command{
		Use:   "graph [SITE]",
		Short: "Draw the way from clients through the tiers to the apps",
		Long: `graph draws a site: which tiers the requests of each route pass, what the cache
and the web tier do for them, and the apps that they reach. It prints a flow chart
for Mermaid, which GitHub shows in Markdown; with --format dot one for Graphviz,
and with --format svg an image. The same site always makes the same picture.`,
		Example: `  edgegen graph
  edgegen graph --format svg > site.svg
  edgegen graph --format dot --engine builtin`,
		Args: siteArgument, ValidArgsFunction: completeSite,
		RunE: func(c *cobra.Command, arguments []string) error {
			selection, err := generation.ParseSelection(flags.engine)
			if err != nil {
				return usageError{fmt.Errorf("--engine: %w", err)}
			}
			if !slices.Contains(graph.Formats(), graph.Format(flags.format)) {
				return usageError{fmt.Errorf("--format %q is unknown: write %s", flags.format, strings.Join(formatNames(), ", "))}
			}
			return s.graph(c.Context(), siteOf(arguments), selection, flags)
		},
	}
	c.Flags().StringVar(&flags.format, "format", string(graph.Formats()[0]), "mermaid, dot or svg")
	completeFlag(c, "format", cobra.FixedCompletions(formatNames(), cobra.ShellCompDirectiveNoFileComp))
	c.Flags().StringVar(&flags.host, "site", "", "draw only the site with this canonical host")
	completeFlag(c, "site", completeHost)
	engineFlag(c, &flags.engine, "suppose that up was given this --engine")
	givenFlags(c, &flags.given)
	return c
}

func formatNames() (names []string) {
	for _, f := range graph.Formats() {
		names = append(names, string(f))
	}
	return names
}

func (s streams) graph(ctx context.Context, path string, selection generation.Selection, flags graphFlags) error {
	p, diagnostics, err := generation.Look(ctx, path, flags.given, selection, printedLayout(), printedLayout().Run, version())
	if err != nil {
		return err
	}
	s.report(diagnostics)
	root, err := filepath.Abs(p.Loaded.Root)
	if err != nil {
		return errors.Join(errors.New("find the site"), err)
	}
	picture := graph.Of(p.Loaded.Edge, p.Engines, root)
	if flags.host != "" && !picture.Keep(flags.host) {
		return fmt.Errorf("--site %q: no site has this canonical host", flags.host)
	}
	return picture.Write(s.out, graph.Format(flags.format))
}
