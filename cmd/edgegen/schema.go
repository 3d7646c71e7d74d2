package main

import (
	"github.com/spf13/cobra"

	"edgegen/internal/config"
)

func newSchema(s streams) *cobra.Command {
	var reference bool
	c := &cobra.Command{
		Use:   "schema",
		Short: "Print the language of site files as a JSON schema",
		Long: `schema prints a JSON schema (draft 2020-12) of a site file in HCL's JSON syntax:
every block and argument with what it takes, its default and an example, for
editors and for programs that write sites.

With --reference it prints the same for people, in Markdown.`,
		Example: `  edgegen schema > edgegen.schema.json
  edgegen schema --reference`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			text := config.Reference()
			if !reference {
				var err error
				if text, err = config.JSONSchema(); err != nil {
					return err
				}
			}
			_, err := s.out.Write(text)
			return err
		},
	}
	c.Flags().BoolVar(&reference, "reference", false, "print the reference of the language instead, in Markdown")
	return c
}
