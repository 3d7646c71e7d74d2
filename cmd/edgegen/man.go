package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

// newMan is for packages; no help lists it.
func newMan(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "man DIRECTORY",
		Short: "Write the manual pages",
		Long: `man writes a manual page for each verb, edgegen.1 and edgegen-VERB.1, into a
directory, and creates that if necessary. The environment's SOURCE_DATE_EPOCH is
the pages' date.`,
		Example: `  edgegen man man1`,
		Hidden:  true,
		Args: func(_ *cobra.Command, arguments []string) error {
			if len(arguments) != 1 {
				return usageError{errors.New("name the directory for the pages: edgegen man DIRECTORY")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, arguments []string) error {
			if err := os.MkdirAll(arguments[0], 0o755); err != nil {
				return fmt.Errorf("make a directory for the manual: %w", err)
			}
			for name, page := range manPages(c.Root()) {
				if err := os.WriteFile(filepath.Join(arguments[0], name), []byte(page), 0o644); err != nil {
					return fmt.Errorf("write the manual: %w", err)
				}
			}
			_, err := fmt.Fprintln(s.out, arguments[0])
			return err
		},
	}
}
