package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"edgegen/internal/statedir"
)

// siteArgument takes no argument or one.
func siteArgument(_ *cobra.Command, arguments []string) error {
	if len(arguments) > 1 {
		return usageError{fmt.Errorf("name one SITE, not %d: for several files, name their directory", len(arguments))}
	}
	return nil
}

// noArguments is cobra.NoArgs with an error that counts as wrong usage.
func noArguments(c *cobra.Command, arguments []string) error {
	if len(arguments) > 0 {
		return usageError{fmt.Errorf("%s takes no argument, but got %q", c.Name(), arguments[0])}
	}
	return nil
}

// siteOf returns the SITE that a verb was given.
func siteOf(arguments []string) string {
	if len(arguments) == 0 {
		return "site.hcl"
	}
	return arguments[0]
}

// directoryOf is the directory that a SITE is, or is in.
func directoryOf(path string) string {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return filepath.Dir(path)
	}
	return path
}

// stateDirFlag adds --state-dir to a verb.
func stateDirFlag(c *cobra.Command, dir *string) {
	c.Flags().StringVar(dir, "state-dir", "", "where the edge keeps its state (default /var/lib/edgegen for root, ~/.local/state/edgegen otherwise)")
	completeFlag(c, "state-dir", completeDirectory)
}

// stateDir returns the directory that --state-dir names, or the default.
func stateDir(flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	return statedir.Default()
}
