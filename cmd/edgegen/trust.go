package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"edgegen/internal/statedir"
	"edgegen/internal/trust"
)

func newTrust(s streams) *cobra.Command {
	var directory string
	var remove, asJSON bool
	c := &cobra.Command{
		Use:   "trust",
		Short: "Make this machine trust the certificates of self-signed sites",
		Long: `trust adds the root certificate of the local authority, which signs the certificates
of sites with tls { self_signed = true }, to the stores of this machine: the
system's, by update-ca-certificates, which needs root, and those of Firefox and
Chromium, if certutil is installed. It says what it does. With --remove it removes
the root again.

Somebody who has the authority's key can pose as any host to a machine that trusts
it. The key stays in the state directory, readable by its owner alone.`,
		Example: `  edgegen trust
  edgegen trust --remove`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			dir, err := stateDir(directory)
			if err != nil {
				return err
			}
			root, err := trust.Open(filepath.Join(statedir.AuthorityDir(dir), "root.crt"))
			if errors.Is(err, trust.ErrNoRoot) {
				return fmt.Errorf("%w in %s: edgegen up makes it when a site is self-signed; another state directory is named by --state-dir", err, dir)
			}
			if err != nil {
				return err
			}
			machine, step := trust.ThisMachine(), trust.Machine.Add
			if remove {
				step = trust.Machine.Remove
			}
			return s.trusted(root, step(machine, c.Context(), root), asJSON)
		},
	}
	c.Flags().BoolVar(&remove, "remove", false, "take the root out of the stores")
	c.Flags().BoolVar(&asJSON, "json", false, "print what was done as JSON")
	stateDirFlag(c, &directory)
	return c
}

// trusted tells of the steps. One that failed makes the verb fail.
func (s streams) trusted(root trust.Root, steps []trust.Step, asJSON bool) error {
	text := fmt.Sprintf("root %s, SHA-256 %s\n", root.File, root.Sum)
	failed := false
	for _, step := range steps {
		failed = failed || step.State == trust.Failed
		text += fmt.Sprintf("%s: %s: %s\n", step.Store, step.State, step.Detail)
		if step.Remedy != "" {
			text += "  = " + step.Remedy + "\n"
		}
	}
	var err error
	if asJSON {
		err = printJSON(s.out, map[string]any{"root": root.File, "sha256": root.Sum, "steps": steps})
	} else {
		_, err = io.WriteString(s.out, text)
	}
	if err == nil && failed {
		return errFailed
	}
	return err
}
