package generation

import (
	"context"
	"os"
	"path/filepath"

	"edgegen/internal/certificate"
	"edgegen/internal/config"
	"edgegen/internal/render"
)

// Rendering is how a site is rendered for daemons that edgegen does not run.
type Rendering struct {
	Given    []config.Given
	Layout   render.Layout
	Version  string
	StateDir string // which self-signed sites need for PEM files
	// Certificates includes the PEM files.
	Certificates bool
	Templates    *render.Templates // in the place of those of the program; nil for none
	// Checked means that nobody runs daemons with the files: what edgegen alone does
	// for them is not told.
	Checked bool
}

// Render loads a site and renders it.
// The edge is rendered as the file says: an address that this machine does not
// have, or port 0, is the daemon's to refuse.
func Render(ctx context.Context, path string, r Rendering) (*render.Output, config.Diagnostics, error) {
	loaded, diagnostics, err := Load(ctx, path, r.Given)
	if err != nil {
		return nil, diagnostics, err
	}
	var pairs [][]certificate.Pair
	if r.Certificates {
		if pairs, err = certificates(ctx, loaded, r.StateDir, nil); err != nil {
			return nil, diagnostics, err
		}
	}
	found := &config.Findings{Loaded: loaded, All: diagnostics}
	hidden := unserved(loaded.Edge, privateOf(loaded, r.Layout.Dir, r.Layout.Run))
	warnPrivate(loaded, hidden, found)
	Selection{Templates: r.Templates.Engines()}.judge(loaded.Edge, found)
	judgeAddresses(loaded, found)
	if err := found.Refusal(); err != nil {
		return nil, found.All, err
	}
	if !r.Checked {
		warnByHand(loaded, found)
	}
	output, err := RenderFor(loaded, path, pairs, render.Input{Edge: relayed(loaded.Edge, r.Layout), Layout: r.Layout, Version: r.Version, Templates: r.Templates, Unserved: hidden})
	if output != nil {
		output.Secrets = loaded.Edge.Secrets
	}
	return output, found.All, err
}

// origin names what a site was loaded from, without the way there, so that the
// same site renders to the same bytes wherever it stands.
func origin(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return "*.hcl"
	}
	return filepath.Base(path)
}

// MakeDirectories makes what a layout's daemons expect to find when they are
// started by hand.
func MakeDirectories(layout render.Layout) error {
	for _, dir := range append([]string{layout.Run}, layout.Directories()...) {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	return nil
}
