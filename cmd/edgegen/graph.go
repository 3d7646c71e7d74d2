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

func newGraph(s streams) *cobra.Command {
	var flags siteFlags
	var format string
	c := &cobra.Command{
		Use:   "graph [SITE]",
		Short: "Draw the way from clients through the tiers to the apps",
		Long: `graph draws a site: which tiers the requests of each route pass, what the cache
and the web tier do for them, and the apps that they come to. It prints a flow
chart for Mermaid, which GitHub shows in Markdown; with --format dot one for
Graphviz, and with --format svg an image. The same site makes the same picture.`,
		Example: `  edgegen graph
  edgegen graph --format svg > site.svg
  edgegen graph --format dot --engine builtin`,
		Args: siteArgument, ValidArgsFunction: completeSite,
		RunE: func(c *cobra.Command, arguments []string) error {
			selection, err := generation.ParseSelection(flags.engine)
			if err != nil {
				return usageError{fmt.Errorf("--engine: %w", err)}
			}
			if !slices.Contains(graph.Formats(), graph.Format(format)) {
				return usageError{fmt.Errorf("--format %q is unknown: write %s", format, strings.Join(formatNames(), ", "))}
			}
			return s.graph(c.Context(), siteOf(arguments), selection, flags, graph.Format(format))
		},
	}
	c.Flags().StringVar(&format, "format", string(graph.Formats()[0]), "mermaid, dot or svg")
	err := c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formatNames(), cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(err) // the flag was added a line above
	}
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

func (s streams) graph(ctx context.Context, path string, selection generation.Selection, flags siteFlags, format graph.Format) error {
	p, diagnostics, err := generation.Look(ctx, path, flags.given, selection, printedLayout(), printedLayout().Run, version())
	if err != nil {
		return err
	}
	s.report(diagnostics)
	root, err := filepath.Abs(p.Loaded.Root)
	if err != nil {
		return errors.Join(errors.New("find the site"), err)
	}
	return graph.Of(p.Loaded.Edge, p.Engines, root).Write(s.out, format)
}
