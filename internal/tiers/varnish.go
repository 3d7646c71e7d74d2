package tiers

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"edgegen/internal/generation"
	"edgegen/internal/native"
	"edgegen/internal/supervise"
)

// varnishServer is varnishd as the cache tier. Its stand-in serves from the start,
// on sockets of its own: what the cache tier's sockets refuse goes there, and they
// lead there while varnishd is not well.
type varnishServer struct {
	daemon
	native *native.Varnish

	planned atomic.Bool                 // varnishd is being stopped on purpose
	ending  atomic.Bool                 // and nobody may be led to it before the next one runs
	stood   atomic.Bool                 // the stand-in has been asked since it was made
	room    atomic.Pointer[waitingRoom] // in place of a stand-in, where none may serve
	rooms   []*waitingRoom              // that there have been
	madeWay atomic.Bool                 // its directory is another one's: it cannot be started again

	publishing sync.Mutex
	gone       bool // it serves no more: the sockets are somebody else's
}

var (
	_ dismisser = (*varnishServer)(nil)
	_ guarded   = (*varnishServer)(nil)
	_ recorder  = (*varnishServer)(nil)
	_ refresher = (*varnishServer)(nil)
	_ worker    = (*varnishServer)(nil)
	_ piper     = (*varnishServer)(nil)
	_ publisher = (*varnishServer)(nil)
	_ inTheWay  = (*varnishServer)(nil)
	_ rooted    = (*varnishServer)(nil)
	_ purger    = (*varnishServer)(nil)
)

func newVarnish(e *House, c generation.Chosen) Server {
	return &varnishServer{daemon: daemon{house: e, Chosen: c}}
}

func (v *varnishServer) base() *daemon { return &v.daemon }

func (v *varnishServer) Start(ctx context.Context, g *generation.Generation) (err error) {
	v.show(g)
	if v.house.freeVarnish != nil {
		v.house.freeVarnish()
	}
	if err := v.standBy(ctx, g); err != nil {
		return err
	}
	if err := v.house.checkStorage(g); err != nil {
		return err
	}
	if err := v.house.makeStorage(g); err != nil {
		return err
	}
	if v.native, err = native.NewVarnish(v.Chosen.Daemon, v.house.setup(g, v.Engine), g.Output, newSecret()); err != nil {
		return err
	}
	v.native.OnChildDied = v.childDied
	if g.Loaded.Edge.Recorded() {
		v.native.Record()
	}
	r, err := v.house.keeper(v.describe())
	if err != nil {
		return err
	}
	v.setRunning(r) // which its description asks for
	r.Begin()
	if err := v.house.awaitReady(ctx, r, "varnishd", v.patience(g)); err != nil {
		return v.notReady(ctx, g, err)
	}
	if err := v.publish(true); err != nil {
		return err
	}
	v.guarded(v)
	return nil
}

// notReady tells a VCL that is refused from a varnishd that does not run.
func (v *varnishServer) notReady(ctx context.Context, g *generation.Generation, err error) error {
	if refused := v.refused(g, err); refused != nil {
		return refused
	}
	if ctx.Err() != nil || v.alone(g) {
		return err
	}
	if published := v.publish(false); published != nil {
		return errors.Join(err, published)
	}
	if v.compilesMany(g) && v.process().Status().LastExit == nil {
		v.servesMeanwhile(compiles(len(g.Loaded.Edge.Sites)))
	} else {
		v.tookOver(err)
	}
	v.guarded(v)
	return nil
}

// compilesMany reports whether a start need not wait for varnishd's compiler.
func (v *varnishServer) compilesMany(g *generation.Generation) bool {
	return !v.house.Served.Load() && !v.alone(g) && len(g.Output.Of(v.Engine).Parts) >= manyParts
}

// patience is how long the start of a generation waits for varnishd.
func (v *varnishServer) patience(g *generation.Generation) time.Duration {
	if v.compilesMany(g) {
		return compilePatience
	}
	return patienceWith(g)
}

// refused returns what varnish says about its VCL, at the HCL line. A C compiler
// that does not work is not the VCL's fault.
func (v *varnishServer) refused(g *generation.Generation, err error) error {
	if failed := v.native.VCLFailure(); failed != "" {
		return g.RefusedBy(v.Engine, failed)
	}
	said := (*native.VarnishError)(nil)
	if !errors.As(err, &said) || said.Command != "vcl.load" || !native.IsAboutVCL(said.Message) && !native.FailsToBegin(said.Message) {
		return nil
	}
	return g.RefusedBy(v.Engine, said.Message)
}

func (v *varnishServer) describe() supervise.Process {
	p := v.native.Process(func() int { return v.process().Status().PID })
	p.OnChange = v.processChanged
	return v.withHold(p, v.native.StorageFile())
}

// withHold has every start of varnishd find a file that nobody else has open,
// also where it is started again after a crash while another engine takes over.
func (v *varnishServer) withHold(varnishd supervise.Process, path string) supervise.Process {
	before := varnishd.Prepare
	varnishd.Prepare = func(ctx context.Context) error {
		uid, gid := v.house.Who.Owner()
		if err := v.house.storage.hold(v, path, uid, gid); err != nil {
			return err
		}
		return before(ctx)
	}
	return varnishd
}

func (v *varnishServer) probe(ctx context.Context) error { return v.native.Probe(ctx) }

func (v *varnishServer) Stop(hurry context.Context) {
	v.leaves()
	v.daemon.Stop(hurry)
	for _, room := range v.rooms {
		room.empty()
	}
	v.house.storage.release(v)
	if v.native != nil {
		if err := v.native.Close(); err != nil {
			v.house.Log.Warn("cannot close varnishd's management connection", "error", err)
		}
	}
}

// retire ends varnishd, which cannot keep its pipes while it takes nothing new. When
// another varnishd wants to start, the directory is free.
func (v *varnishServer) retire() {
	v.leaves()
	v.endGuard()
	ctx, hurry := context.WithCancel(v.house.Life)
	gone := make(chan struct{})
	v.house.leaving.caches.add(v)
	v.house.Later.Go(func() {
		defer close(gone)
		defer hurry()
		defer v.house.leaving.caches.remove(v)
		v.drain(ctx)
		v.Stop(v.house.Life)
	})
	v.house.freeVarnish = func() {
		hurry()
		<-gone
	}
}

// drain waits until varnishd has no request in work.
func (v *varnishServer) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, v.house.Serving().Loaded.Edge.Timeout.Drain)
	defer cancel()
	if err := v.native.Drain(ctx); err != nil {
		v.house.Log.Warn("stopping varnishd before all its requests have ended", "error", err)
	}
}

// parameterNames are what param.set changes, for the plan.
func parameterNames(parameters []native.Parameter) []string {
	var names []string
	for _, p := range parameters {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	return names
}

// newSecret makes the content of varnishd's secret file.
func newSecret() []byte {
	var random [32]byte
	rand.Read(random[:]) // never fails
	return []byte(hex.EncodeToString(random[:]) + "\n")
}
