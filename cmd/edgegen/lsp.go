package main

import (
	"io"

	"github.com/spf13/cobra"

	"edgegen/internal/lsp"
)

func newLSP(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "lsp",
		Short: "Serve editors that speak the Language Server Protocol",
		Long: `lsp speaks the Language Server Protocol on stdin and stdout, for an editor that
starts it: problems while you type, completion, the meaning of a word, its
declaration, and the canonical layout. A file is checked together with the other site
files of its directory if the two belong together. editors/ in edgegen's source has
what VS Code and Neovim need.`,
		Example: `  edgegen lsp < /dev/null`,
		Args:    noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return lsp.New(version()).Serve(c.Context(), s.in, unclosed{s.out})
		},
	}
}

// unclosed keeps a stream open that belongs to somebody else.
type unclosed struct{ io.Writer }

// Close does nothing.
func (unclosed) Close() error { return nil }
