package main

import (
	"errors"

	"github.com/spf13/cobra"

	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/render"
)

func newValidate(s streams) *cobra.Command {
	var asJSON bool
	var given []config.Given
	var templates string
	c := &cobra.Command{
		Use:   "validate [SITE]",
		Short: "Report every problem of a site at once",
		Long: `validate reads a site as up would and reports every problem, each with its
place and a remedy. It starts nothing and writes nothing, and prints nothing if
nothing is wrong.`,
		Example: `  edgegen validate
  edgegen validate --json`,
		Args: siteArgument, ValidArgsFunction: completeSite,
		RunE: func(c *cobra.Command, arguments []string) error {
			own, err := render.ReadTemplates(templates)
			if err != nil {
				return err
			}
			// Rendering shows what a daemon's language cannot hold.
			_, diagnostics, err := generation.Render(c.Context(), siteOf(arguments), generation.Rendering{Given: given, Layout: printedLayout(), Version: version(), Checked: true, Templates: own})
			refused := (*config.Refused)(nil)
			if errors.As(err, &refused) {
				diagnostics = refused.Diagnostics
			} else if err != nil {
				return err
			}
			if asJSON {
				text, err := diagnostics.JSON()
				if err != nil {
					return err
				}
				if _, err := s.out.Write(text); err != nil {
					return err
				}
			} else {
				s.report(diagnostics)
			}
			if refused != nil {
				return errFailed
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON on stdout")
	templatesFlag(c, &templates)
	givenFlags(c, &given)
	return c
}
