package native

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"edgegen/internal/render"
	"edgegen/internal/site"
)

// vclSet is a rendering of the cache tier, as varnishd holds it.
type vclSet struct {
	generation string
	dir        string // its files
	arguments  render.Arguments
	inC        bool
	foreign    bool // whether the owner has written some of it
	softens    bool
	programs   []vclProgram // the parts, and at the end what hands requests to them
}

// vclProgram is one VCL. The names say what is in it, so that what is loaded
// under the right name need not be loaded again.
type vclProgram struct {
	name    string
	label   string            // "" for the one that is used
	servers map[string]string // see render.Rendered
	file    string            // relative to the rendered files
}

func setOf(out *render.Output, dir string) vclSet {
	r := out.Of(site.Varnish)
	set := vclSet{generation: r.Generation, dir: dir, arguments: r.Arguments, inC: r.InC, foreign: r.Foreign, softens: r.Softens}
	for _, part := range r.Parts {
		set.programs = append(set.programs, vclProgram{name: "vcl_" + part.Label, label: part.Label, file: part.Name, servers: part.Servers})
	}
	set.programs = append(set.programs, vclProgram{name: "edge_" + set.generation, file: "default.vcl", servers: r.Servers})
	return set
}

// main is the VCL to use.
func (s vclSet) main() string { return s.programs[len(s.programs)-1].name }

// names are those of its VCLs and labels.
func (s vclSet) names() []string {
	var names []string
	for _, p := range s.programs {
		names = append(names, p.name)
		if p.label != "" {
			names = append(names, p.label)
		}
	}
	return names
}

func (v *Varnish) inUse() vclSet {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.current
}

// load loads what varnishd does not hold yet, from the files in dir, and
// returns the names that are new, the error's or not.
func (v *Varnish) load(ctx context.Context, wanted vclSet, dir string) (loaded []string, err error) {
	held, err := v.CLI.List(ctx)
	if err != nil {
		return nil, err
	}
	missing := func(name string) bool {
		return name != "" && !slices.ContainsFunc(held, func(vcl VCL) bool { return vcl.Name == name && vcl.Status != vclDiscarded })
	}
	lacks := slices.DeleteFunc(slices.Clone(wanted.programs), func(p vclProgram) bool { return !missing(p.name) })
	v.compileAhead(ctx, wanted, lacks, dir)
	if wanted.inC && len(lacks) > 0 {
		if err := v.CLI.SetParameter(ctx, allowC, "on"); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, v.CLI.SetParameter(ctx, allowC, "off")) }()
	}
	for _, p := range wanted.programs {
		if missing(p.name) {
			if err := v.loadVCL(ctx, wanted, p, filepath.Join(dir, p.file)); err != nil {
				return loaded, fmt.Errorf("load %s: %w", p.file, err)
			}
			v.servers.learn(p)
			loaded = append(loaded, p.name)
		}
		if missing(p.label) {
			if err := v.CLI.Label(ctx, p.label, p.name); err != nil {
				return loaded, fmt.Errorf("label %s: %w", p.file, err)
			}
			loaded = append(loaded, p.label)
		}
	}
	return loaded, nil
}

// StagedVCL is a VCL that is loaded beside the one in use, with the parameters
// that go with it. One is staged at a time; its methods are called one by one.
type StagedVCL struct {
	varnish      *Varnish
	manager      int // the varnishd that holds it, by its number
	before, next vclSet
	loaded       []string
	parameters   []Parameter // that Use sets
	set          []Parameter // what those had before, as far as they were set
}

// undoTime bounds the commands by which a failed step is taken back.
const undoTime = 5 * time.Second

// Stage loads what is new in a rendering, from its files in dir, beside what is
// in use. The error is a *VarnishError where varnishd refuses it, and nothing
// is left of it then. Where nothing is new no command is sent. What Change says
// needs a restart is left as it is; see Next.
func (v *Varnish) Stage(ctx context.Context, out *render.Output, dir string) (*StagedVCL, error) {
	s := &StagedVCL{varnish: v, manager: int(v.manager.Load()), before: v.inUse(), next: setOf(out, dir)}
	s.parameters, _ = v.Change(out.Of(site.Varnish).Arguments)
	if s.next.generation == s.before.generation {
		return s, nil
	}
	var err error
	s.loaded, err = v.load(ctx, s.next, dir)
	if err != nil {
		undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
		defer cancel()
		var refusal *VarnishError
		if errors.As(err, &refusal) { // else varnishd is gone, and with it what it held
			err = errors.Join(err, s.Abandon(undo))
		}
		return nil, err
	}
	return s, nil
}

// Changed reports whether Use has anything to do.
func (s *StagedVCL) Changed() bool {
	return s.next.generation != s.before.generation || len(s.parameters) > 0
}

// Use has new requests run in what was staged, and sets the parameters that have changed.
// From then on a varnishd that starts gets it too, from the directory that it was staged
// from or, when that is gone, from Layout.Dir. If another varnishd has taken the place of
// the one that it was staged in, nothing is sent: that one gets it when it is brought up.
// After an error the caller calls Restore.
func (s *StagedVCL) Use(ctx context.Context) error {
	ctx, cancel := limited(ctx, reloadTime)
	defer cancel()
	v := s.varnish
	// This comes first, so that a varnishd that is just starting ends up with it as well.
	v.take(s.next)
	return s.tell(ctx, func(ctx context.Context) error {
		if s.next.generation != s.before.generation {
			if err := v.CLI.Use(ctx, s.next.main()); err != nil {
				return err
			}
		}
		for _, p := range s.parameters {
			if err := v.CLI.SetParameter(ctx, p.Name, p.Value); err != nil {
				return err
			}
			s.set = append(s.set, Parameter{Name: p.Name, Value: p.Before, Before: p.Value})
		}
		return nil
	})
}

// tell gives commands to the varnishd that this was staged in, and to no other.
func (s *StagedVCL) tell(ctx context.Context, commands func(context.Context) error) error {
	ctx, done := s.varnish.CLI.during(ctx, s.manager)
	defer done()
	err := commands(ctx)
	if err != nil && errors.Is(context.Cause(ctx), errVarnishEnded) {
		return errVarnishEnded // rather than that a context has ended, which tells the caller nothing
	}
	return err
}

// Next makes a rendering, whose files are in dir, the one that the next start
// of varnishd gets, with its arguments: for a change that needs a restart. What
// runs is not touched. Process is to be called again for the new arguments.
func (v *Varnish) Next(out *render.Output, dir string) { v.take(setOf(out, dir)) }

// take makes a set the one in use, and remembers the one before.
func (v *Varnish) take(next vclSet) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.current.generation != next.generation {
		v.kept = append(v.kept, v.current)
		v.kept = v.kept[max(0, len(v.kept)-keptSets):]
	}
	v.current = next
}

// keptSets is how many VCLs stay loaded besides the one in use.
const keptSets = 2

// Restore takes what Use replaced into use again. The new VCL stays loaded until Abandon
// or Tidy. Even after an error, a varnishd that starts gets what was in use before.
func (s *StagedVCL) Restore(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, undoTime)
	defer cancel()
	v := s.varnish
	v.mu.Lock()
	v.current = s.before
	v.mu.Unlock()
	return s.tell(ctx, func(ctx context.Context) error {
		var failed []error
		if s.next.generation != s.before.generation {
			failed = append(failed, v.CLI.Use(ctx, s.before.main()))
		}
		for _, p := range slices.Backward(s.set) {
			failed = append(failed, v.CLI.SetParameter(ctx, p.Name, p.Value))
		}
		s.set = nil
		return errors.Join(failed...)
	})
}

// Abandon unloads what Stage has loaded. It is for what is not in use.
func (s *StagedVCL) Abandon(ctx context.Context) error {
	if len(s.loaded) == 0 {
		return nil
	}
	ctx, cancel := limited(ctx, undoTime) // varnishd may have gone meanwhile, for good
	defer cancel()
	loaded := s.loaded
	s.loaded = nil
	return s.varnish.discard(ctx, func(vcl VCL) bool { return slices.Contains(loaded, vcl.Name) })
}
