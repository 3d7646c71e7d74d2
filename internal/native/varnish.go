package native

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"edgegen/internal/engines"
	"edgegen/internal/render"
	"edgegen/internal/supervise"
	"edgegen/internal/vsm"
)

// Varnish is varnishd as the cache tier, with the command line that it dials
// back to. Make one with NewVarnish and close it when its process has ended.
type Varnish struct {
	CLI *VarnishCLI

	// OnChildDied is told that varnishd's child has ended, with the process ID of the
	// varnishd: at once if the kernel tells of it. Where Input.Standby was set varnishd
	// does not replace the child: the process has failed. It may be told twice. Set it
	// before the process is started; nil drops the news. It must return soon.
	OnChildDied func(varnishd int, reason error)

	daemon    Daemon
	setup     Setup
	secret    secretFile
	recording atomic.Pointer[vsm.Follower] // nil while nobody is to hear of requests
	counters  *vsm.Counters

	purges   varnishPurges
	servers  appServers
	child    childWatch
	failure  vclFailure
	panics   chan string // one that nobody has asked about yet
	compiler vclCompiler
	// withoutFile counts the connections that it could not take for want of
	// descriptors, when it was asked last.
	withoutFile atomic.Int64
	manager     atomic.Int64 // the number of the varnishd that is being brought up, or was
	serving     atomic.Int64 // and that of its child; 0 before the first

	listening sync.Mutex
	listeners int // how many want to know all that is logged

	mu      sync.Mutex
	current vclSet   // what is in use, and what a varnishd that starts gets
	kept    []vclSet // what was in use before, the latest last
}

// NewVarnish opens the command line. The secret is written to Layout.Run and
// readable by its owner alone, whom the credential names.
func NewVarnish(d Daemon, s Setup, out *render.Output, secret []byte) (*Varnish, error) {
	file := secretFile{filepath.Join(s.Layout.Run, "varnish.secret"), secret}
	if err := s.give(file.path, file.text); err != nil {
		return nil, fmt.Errorf("write varnish's secret: %w", err)
	}
	cli, err := ListenVarnishCLI(secret)
	if err != nil {
		return nil, fmt.Errorf("open varnish's command line: %w", err)
	}
	dir := s.Layout.Dir
	if resolved, err := filepath.EvalSymlinks(dir); err == nil {
		dir = resolved // these files, whatever is installed later
	}
	return &Varnish{
		CLI: cli, daemon: d, setup: s, secret: file, counters: vsm.CountersOf(s.Layout.VarnishDir()),
		current: setOf(out, dir), panics: make(chan string, 1), compiler: vclCompiler{turn: make(chan struct{}, 1)},
	}, nil
}

// secretFile holds the secret by which varnishd and edgegen know each other.
type secretFile struct {
	path string
	text []byte
}

// Close closes the command line. Call it when the process has ended; Setup.Access is told
// of all requests that it has logged first.
func (v *Varnish) Close() error {
	v.child.stop()
	v.Unrecord()
	return v.CLI.Close()
}

// givesBack makes jemalloc, which Debian's varnishd is linked with, return memory to the
// kernel as soon as it is freed (jemalloc(3), TUNING). Otherwise each thread does so when
// it next allocates, so that the workspaces of ended WebSockets stay. jemalloc's own
// thread, which could do it, does not survive the fork of varnishd's child.
const givesBack = "MALLOC_CONF=dirty_decay_ms:0,muzzy_decay_ms:0"

// Process describes varnishd. The pid function tells the number of the process
// while Ready runs.
func (v *Varnish) Process(pid func() int) supervise.Process {
	s, started := v.setup, v.inUse().arguments
	return supervise.Process{
		Name:         "varnishd",
		Path:         v.daemon.Path,
		Args:         append([]string{"-F", "-f", "", "-M", v.CLI.Address(), "-T", "none", "-S", v.secret.path}, v.parameters()...),
		Dir:          s.Layout.Run,
		Env:          s.environment(givesBack),
		Credential:   s.Credential,
		StopTimeout:  10 * time.Second,
		StopLeader:   true, // the manager ends its child
		Prepare:      v.prepare,
		StartTimeout: varnishStartTime + time.Duration(len(s.Edge.Sites))*varnishSiteTime,
		Ready: func(ctx context.Context) error {
			generation, err := v.bringUp(ctx, pid(), started)
			if isVCLRefused(err) {
				return &supervise.Hopeless{Reason: err}
			}
			if err != nil {
				return err
			}
			return errors.Join(v.serves(ctx, generation), v.recorded())
		},
		Stdout: s.says("varnishd"),
		Stderr: v.hear,
	}
}

// parameters are the rendered arguments and what only newer versions know.
func (v *Varnish) parameters() []string {
	arguments := v.inUse().arguments.Words()
	if v.daemon.Has("transit_buffer") {
		arguments = append(arguments, "-p", "transit_buffer=1m") // how far ahead of a slow client it reads
	}
	return arguments
}

// prepare removes sockets that a varnishd left behind, which would keep the
// next one from opening them, and writes the secret again where it has gone.
func (v *Varnish) prepare(context.Context) error {
	v.CLI.Expect(0)
	if _, err := os.Lstat(v.secret.path); errors.Is(err, os.ErrNotExist) {
		if err := v.setup.give(v.secret.path, v.secret.text); err != nil {
			return fmt.Errorf("write varnish's secret: %w", err)
		}
	}
	for _, path := range v.inUse().arguments.Sockets() {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// allowC is varnishd's parameter for C within VCL.
const allowC = "vcc_allow_inline_c"

// TakesC reports whether a varnishd takes C within its VCL, as those do that have the
// parameter.
func (d Daemon) TakesC() bool { return d.Has(allowC) }

// TakesFilters reports whether the VCL may have a filter for bodies in C, which has to
// know how varnishd calls one: no header file says it to a VCL. What an unknown version
// does is not guessed.
func (d Daemon) TakesFilters() bool {
	return d.TakesC() && !engines.OlderThan(d.Version, "7.1") && engines.OlderThan(d.Version, "10")
}

// StorageFile is the file in which varnishd keeps the cache, "" for memory.
func (v *Varnish) StorageFile() string { return v.inUse().arguments.StorageFile() }
