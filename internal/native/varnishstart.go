package native

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"edgegen/internal/render"
)

// servesTime is how long a varnishd may take to answer whose child has started.
const servesTime = 30 * time.Second

// serves waits until the cache tier answers with the generation. It is an error
// where another one is to be in use meanwhile.
func (v *Varnish) serves(ctx context.Context, generation string) error {
	ctx, cancel := context.WithTimeout(ctx, servesTime)
	defer cancel()
	var superseded error
	err := untilServed(ctx, func() error {
		if now := v.inUse().generation; now != generation {
			superseded = fmt.Errorf("varnishd has generation %q, and %q is wanted now", generation, now)
			return nil
		}
		return v.Probe(ctx)
	})
	return errors.Join(err, superseded)
}

// isVCLRefused reports whether varnishd would refuse the VCL a second time too.
func isVCLRefused(err error) bool {
	refusal := (*VarnishError)(nil)
	return errors.As(err, &refusal) && refusal.Command == "vcl.load"
}

// varnishStartTime is enough to compile the VCL of a thousand sites on a busy machine, and
// varnishSiteTime that of another one.
const (
	varnishStartTime = 5 * time.Minute
	varnishSiteTime  = 50 * time.Millisecond
)

// bringUp gives a fresh varnishd, started with the arguments, its VCL and what
// parameters have changed since, and starts its child. It may be called again
// where a call was cut short, or where something else has been taken into use
// since. A VCL that is refused is a *VarnishError.
func (v *Varnish) bringUp(ctx context.Context, pid int, started render.Arguments) (generation string, err error) {
	v.manager.Store(int64(pid))
	v.CLI.Expect(pid)
	if err := v.CLI.Connected(ctx); err != nil {
		return "", fmt.Errorf("wait for varnishd's command line: %w", err)
	}
	if err := v.learnCompiler(ctx); err != nil {
		return "", err
	}
	for settled := false; !settled; {
		wanted, err := v.putIntoUse(ctx, started)
		if err != nil {
			return "", err
		}
		// Something else may have been taken into use meanwhile.
		generation = wanted.generation
		settled = v.inUse().generation == generation
	}
	if running, err := v.CLI.Running(ctx); err != nil || running {
		return generation, err
	}
	if err = v.CLI.Start(ctx); err != nil {
		v.dropGiven(ctx)
	}
	return generation, err
}

// putIntoUse returns what it has put into use.
func (v *Varnish) putIntoUse(ctx context.Context, started render.Arguments) (wanted vclSet, err error) {
	var dir string
	// In the middle of a change Layout.Dir leads to what is not in use yet.
	if err := until(ctx, func() error {
		wanted = v.inUse()
		dir, err = v.filesOf(wanted)
		return err
	}); err != nil {
		return wanted, err
	}
	if _, err := v.load(ctx, wanted, dir); err != nil {
		return wanted, err
	}
	parameters, _ := compareArguments(started, wanted.arguments)
	for _, p := range parameters {
		if err := v.CLI.SetParameter(ctx, p.Name, p.Value); err != nil {
			return wanted, err
		}
	}
	return wanted, v.CLI.Use(ctx, wanted.main())
}

// filesOf is where a set's files are: where they were staged from or, when that
// directory has been cleared away after another generation with the same VCL,
// in that one. The error says that Layout.Dir holds another VCL.
func (v *Varnish) filesOf(set vclSet) (string, error) {
	if _, err := os.Stat(filepath.Join(set.dir, "default.vcl")); err == nil {
		return set.dir, nil
	}
	dir, err := filepath.EvalSymlinks(v.setup.Layout.Dir) // it may lead elsewhere in a moment
	if err != nil {
		return "", fmt.Errorf("look for default.vcl: %w", err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "default.vcl"))
	if err != nil {
		return "", fmt.Errorf("look for default.vcl: %w", err)
	}
	if !bytes.Contains(text, []byte(set.generation)) { // its probe answers with it
		return "", fmt.Errorf("default.vcl in %s is not of generation %s", dir, set.generation)
	}
	return dir, nil
}
