package native

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"edgegen/internal/render"
	"edgegen/internal/supervise"
)

// Varnish is varnishd as the cache tier, with the command line that it dials
// back to. Make one with NewVarnish and close it when its process has ended.
type Varnish struct {
	CLI *VarnishCLI

	daemon    Daemon
	setup     Setup
	arguments []string // from the rendering
	secret    string   // the file that holds it
	access    *accessReader
}

// NewVarnish opens the command line. The secret is written to Layout.Run and
// readable by its owner alone, whom the credential names.
func NewVarnish(d Daemon, s Setup, out *render.Output, secret []byte) (*Varnish, error) {
	file := filepath.Join(s.Layout.Run, "varnish.secret")
	if err := os.WriteFile(file, secret, 0o600); err != nil {
		return nil, fmt.Errorf("write varnish's secret: %w", err)
	}
	if s.Credential != nil {
		if err := os.Chown(file, int(s.Credential.UID), int(s.Credential.GID)); err != nil {
			return nil, fmt.Errorf("give away varnish's secret: %w", err)
		}
	}
	cli, err := ListenVarnishCLI(secret)
	if err != nil {
		return nil, fmt.Errorf("open varnish's command line: %w", err)
	}
	return &Varnish{CLI: cli, daemon: d, setup: s, arguments: out.VarnishArguments, secret: file, access: newAccessReader(s.Access)}, nil
}

// Close closes the command line.
func (v *Varnish) Close() error { return v.CLI.Close() }

// Process describes varnishd. The pid function tells the number of the process
// while Ready runs.
func (v *Varnish) Process(pid func() int) supervise.Process {
	s := v.setup
	return supervise.Process{
		Name:        "varnishd",
		Path:        v.daemon.Path,
		Args:        append([]string{"-F", "-f", "", "-M", v.CLI.Address(), "-S", v.secret}, v.parameters()...),
		Dir:         s.Layout.Run,
		Env:         environment(),
		Credential:  s.Credential,
		StopTimeout: 10 * time.Second,
		StopLeader:  true, // the manager ends its child
		Prepare:     v.prepare,
		Ready: func(ctx context.Context) error {
			if err := v.bringUp(ctx, pid()); err != nil {
				return err
			}
			return probeVarnish(ctx, s.Layout.CacheProbe(), s.Generation.Cache)
		},
		Stdout: s.says("varnishd"),
		Stderr: s.says("varnishd"),
	}
}

// parameters are the rendered arguments and what only newer versions know.
func (v *Varnish) parameters() []string {
	arguments := slices.Clone(v.arguments)
	if v.daemon.Has("transit_buffer") {
		arguments = append(arguments, "-p", "transit_buffer=1m") // how far ahead of a slow client it reads
	}
	return arguments
}

// prepare removes sockets that a varnishd left behind, which would keep the
// next one from opening them.
func (v *Varnish) prepare(context.Context) error {
	v.CLI.Expect(0)
	for _, path := range []string{v.setup.Layout.CacheSocket(), v.setup.Layout.PlainSocket(), v.setup.Layout.CacheProbe()} {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// activeVCL is the name of the VCL in use.
const activeVCL = "edge"

// bringUp gives a fresh varnishd its VCL and starts its child. It may be
// called again where a call was cut short.
func (v *Varnish) bringUp(ctx context.Context, pid int) error {
	v.CLI.Expect(pid)
	if err := v.CLI.Connected(ctx); err != nil {
		return fmt.Errorf("wait for varnishd's command line: %w", err)
	}
	loaded, err := v.CLI.List(ctx)
	if err != nil {
		return err
	}
	if len(loaded) == 0 {
		if err := v.CLI.FastCompiler(ctx); err != nil {
			return err
		}
		if _, err := v.CLI.Load(ctx, activeVCL, v.setup.Layout.Dir+"/default.vcl"); err != nil {
			return err
		}
	}
	if err := v.CLI.Use(ctx, activeVCL); err != nil {
		return err
	}
	if running, err := v.CLI.Running(ctx); err != nil || running {
		return err
	}
	return v.CLI.Start(ctx)
}

// quickCompiler makes the C compiler quick, because nobody runs what it makes
// in a check: by default it takes four times as long, and minutes for a
// thousand sites.
const quickCompiler = `cc_command=exec "$(command -v gcc || command -v cc || echo clang)" -O0 -w -fPIC -shared -o %o %s`

// VarnishCheck describes a varnishd that only translates the VCL and ends: with
// status 0, or with messages that LocateVCC reads. The sockets that the VCL
// names have to be there. What is said without an error includes the C program.
func VarnishCheck(d Daemon, s Setup, output func([]byte)) supervise.Process {
	return supervise.Process{
		Name:       "varnishd -C",
		Path:       d.Path,
		Args:       []string{"-C", "-f", s.Layout.Dir + "/default.vcl", "-n", s.Layout.VarnishDir() + "-check", "-p", quickCompiler},
		Dir:        s.Layout.Run,
		Env:        environment(),
		Credential: s.Credential,
		Stderr:     output,
	}
}
