package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/render"
	"edgegen/internal/supervise"
)

// rendering is one directory that a site is written into.
type rendering struct {
	streams streams
	site    string
	flags   renderFlags
	state   string
	layout  render.Layout
}

// written is what came of writing once.
type written struct {
	warnings config.Diagnostics
	message  string // for a person
	changed  bool   // a file differs from the one before
}

func writeRendered(ctx context.Context, s streams, site string, flags renderFlags) error {
	r, err := newRendering(s, site, flags)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if flags.watch {
		return r.watch(ctx)
	}
	result, err := r.write(ctx)
	if err != nil {
		return err
	}
	s.report(result.warnings)
	fmt.Fprintln(s.err, result.message)
	if !result.changed {
		return nil
	}
	return r.execute(ctx)
}

func newRendering(s streams, site string, flags renderFlags) (*rendering, error) {
	if _, err := onlyEngine(flags.only); err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(flags.output)
	if err != nil {
		return nil, fmt.Errorf("find the output directory: %w", err)
	}
	state, err := stateDir(flags.stateDir)
	if err != nil {
		return nil, err
	}
	layout := render.Layout{Dir: dir, Run: filepath.Join(dir, "run")}
	if len(layout.Run) > render.MaxRun {
		return nil, fmt.Errorf("the path %s is too long for the sockets below it: write into a directory with a shorter name", layout.Run)
	}
	return &rendering{streams: s, site: site, flags: flags, state: state, layout: layout}, nil
}

// write renders the site and puts into the directory what differs there. Where
// it returns an error nothing has been replaced, or, where the directory itself
// is at fault, not everything.
func (r *rendering) write(ctx context.Context) (written, error) {
	// The generation that every file names covers the certificates, so that they
	// are needed for any of them.
	own, err := render.ReadTemplates(r.flags.templates)
	if err != nil {
		return written{}, err
	}
	output, warnings, err := generation.Render(ctx, r.site, generation.Rendering{Given: r.flags.given, Layout: r.layout, StateDir: r.state, Version: version(), Certificates: true, Templates: own})
	if err != nil {
		return written{}, err
	}
	files, err := selectFiles(output, r.flags.only)
	if err != nil {
		return written{}, err
	}
	for _, d := range output.Daemons {
		if r.flags.only == "" || r.flags.only == string(d.Engine) {
			files = append(files, d.PEM...)
		}
	}
	result := written{warnings: warnings}
	if result.changed, err = render.Install(r.layout.Dir, files, nil); err != nil {
		return written{}, err
	}
	if err := generation.MakeDirectories(r.layout); err != nil {
		return written{}, fmt.Errorf("make the runtime directory: %w", err)
	}
	switch {
	case !result.changed:
		result.message = r.flags.output + " is up to date"
	case len(files) == 1:
		result.message = fmt.Sprintf("wrote %s to %s", files[0].Name, r.flags.output)
	default:
		result.message = fmt.Sprintf("wrote %d files to %s", len(files), r.flags.output)
	}
	return result, nil
}

// commandGrace is how long the command of --exec may take to end when it is
// told to.
const commandGrace = 5 * time.Second

// execute runs the command of --exec where there is one, and waits for it. What
// it prints is for a person.
func (r *rendering) execute(ctx context.Context) error {
	if r.flags.command == "" {
		return nil
	}
	var mu sync.Mutex
	show := func(line []byte) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(r.streams.err, "%s\n", line)
	}
	exit, err := supervise.Once(ctx, supervise.Process{
		Name:        "--exec",
		Path:        "/bin/sh",
		Args:        []string{"-c", r.flags.command},
		Env:         append(os.Environ(), "EDGEGEN_DIR="+r.layout.Dir),
		StopTimeout: commandGrace,
		Stdout:      show,
		Stderr:      show,
	}, nil)
	if err != nil {
		return err
	}
	if exit.Code != 0 {
		exit.Output = nil // it has been shown
		return fmt.Errorf("--exec: the command %s", exit)
	}
	return nil
}
