package main

import (
	"context"

	"github.com/spf13/cobra"

	"edgegen/internal/api"
)

// asksEdge prepares a verb that asks the running edge, which --state-dir finds.
func asksEdge(c *cobra.Command, ask func(ctx context.Context, client *api.Client, arguments []string) error) {
	var directory string
	stateDirFlag(c, &directory)
	c.RunE = func(c *cobra.Command, arguments []string) error {
		client, err := clientOf(directory)
		if err != nil {
			return err
		}
		return ask(c.Context(), client, arguments)
	}
}

func clientOf(directory string) (*api.Client, error) {
	dir, err := stateDir(directory)
	if err != nil {
		return nil, err
	}
	return api.NewClient(dir)
}
