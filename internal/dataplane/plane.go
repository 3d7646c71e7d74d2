package dataplane

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"edgegen/internal/accesslog"
	"edgegen/internal/dataplane/coding"
	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/h2"
	"edgegen/internal/dataplane/h3"
	"edgegen/internal/dataplane/loglimit"
	"edgegen/internal/dataplane/pipe"
	"edgegen/internal/dataplane/static"
	"edgegen/internal/dataplane/tasks"
	"edgegen/internal/dataplane/upload"
	"edgegen/internal/dataplane/upstream"
	"edgegen/internal/dataplane/wire"
)

// Plane serves some of the tiers. Its methods may be called from any
// goroutine.
type Plane struct {
	options Options
	log     *slog.Logger
	limits  *loglimit.Handler // of log
	model   atomic.Pointer[model]
	tls     *tls.Config

	front   *front          // nil without the cache tier
	web     *web            // nil without the web tier
	toWeb   *upstream.Group // to a native web tier
	toShare *upstream.Group // to the tier that Shares, of another plane
	apps    upstream.Register
	emptied atomic.Bool // a file that is not in use may hold what was purged
	// rights are those of Options.Reader.
	rights *static.Rights

	mu       sync.Mutex // guards what follows
	doors    []*door
	prepared *Prepared // not discarded yet
	running  bool
	over     bool // no other model is taken any more

	probeHost   string // whom Probe asks for
	connections tasks.Gauge
	sockets     tasks.Gauge
	streams     tasks.Gauge  // requests of HTTP/2 and 3 under way
	asked       tasks.Gauge  // of these, what a native cache tier is asked
	kept        atomic.Int64 // connections to it on which nothing is asked
	track       *track
	accepting   chan struct{} // closed when Run has opened the doors
	failed      chan error    // of accepting
	retiring    atomic.Bool
	stopping    atomic.Bool
	stopped     sync.Once
	gone        chan struct{}   // closed when everything has ended
	patience    context.Context // ends when a stop waits no longer
	hurry       context.CancelFunc
	ended       context.Context // ends when everything has to
	end         context.CancelFunc
	tasks       tasks.Group
	uploads     upload.Rooms
	pipes       pipe.Room // of WebSockets, and of connections that a native cache tier has
	buffers     sync.Pool // of readers
	copies      sync.Pool // for copying bodies
	outputs     sync.Pool // for heads and small bodies
	records     sync.Pool // of *accesslog.Record
	batches     sync.Pool // for what many streams send
	requests    sync.Pool // of streams
	http3s      h3.Pools
	coders      coding.Coders
	pages       *static.Files // for errors
	now         atomic.Pointer[dateOf]
}

// New makes a Plane that does not serve yet. Its listeners are closed where
// it fails.
func New(o Options) (*Plane, error) {
	p := &Plane{options: o, track: newTrack(),
		accepting: make(chan struct{}), failed: make(chan error, 1), gone: make(chan struct{})}
	p.doors = p.allDoors()
	p.options.Model = Model{} // it lives in model
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	p.limits = loglimit.New(o.Log.Handler())
	p.log = slog.New(p.limits)
	p.buffers.New = wire.NewBuffer
	p.copies.New = func() any { b := make([]byte, 32<<10); return &b }
	p.records.New = func() any { return &accesslog.Record{} }
	p.outputs.New = func() any { b := make([]byte, 0, flushAt); return &b }
	p.batches.New = func() any { b := make([]byte, 0, h2.BufferSize); return &b }
	p.requests.New = newStream
	p.uploads = upload.Rooms{Small: &p.buffers, Large: &p.copies, Dir: o.TempDir}
	p.pipes = pipe.Room{Tasks: &p.tasks, Survive: func(c net.Conn) { p.tell(addressOf(c), recover()) }, Small: &p.buffers, Large: &p.copies}
	p.pipes.Open(p.log)
	p.ended, p.end = context.WithCancel(context.Background())
	p.patience, p.hurry = context.WithCancel(context.Background())
	p.probeHost = ".probe-" + decide.NewID() // which no host can be called, and no default site has
	p.tls = p.tlsConfig()
	m, err := p.build(o.Model)
	if err == nil && (len(o.Web) > 0 && p.web == nil || len(o.Cache)+len(o.Front) > 0 && p.front == nil) {
		err = errors.Join(errors.New("a listener is for a tier that is not served here"), m.storage.Close(nil, true))
	}
	if err != nil {
		p.end()
		p.hurry()
		return nil, errors.Join(err, closeDoors(p.doors))
	}
	p.model.Store(m)
	return p, nil
}

// build makes the tiers, and their first model.
func (p *Plane) build(first Model) (*model, error) {
	if u := p.options.Reader; u != nil {
		var err error
		if p.rights, err = static.NewRights(u.UID, u.GID, u.Groups); err != nil {
			return nil, err
		}
	}
	p.pages = static.New(0, p.rights)
	p.tiers()
	return p.newModel(first, nil)
}

func (p *Plane) tiers() {
	if p.options.Roles.Web {
		p.web = &web{plane: p, files: static.New(keptFiles, p.rights)}
	}
	if p.web == nil && (p.options.Roles.Cache || p.options.Roles.Shares || p.options.WebPath != "") {
		p.toWeb = upstream.NewGroup([]upstream.Address{{Network: "unix", Address: p.options.WebPath}})
		p.toWeb.InterimEnds = true
	}
	if !p.options.Roles.Cache && !p.options.Roles.Shares {
		return
	}
	p.front = &front{plane: p, background: p.ended}
	if p.web != nil {
		p.front.origin = p.web
	} else {
		p.front.origin = &remote{plane: p, group: p.toWeb}
	}
	if p.options.SharedPath != "" {
		p.toShare = upstream.NewGroup([]upstream.Address{{Network: "unix", Address: p.options.SharedPath}})
		p.front.sharing = &remote{plane: p, group: p.toShare}
	}
}

// keptFiles bounds the small files that the web tier keeps in memory.
const keptFiles = 16 << 20

// Run serves until Shutdown or Retire, or until ctx ends, which drains as
// Shutdown does for at most timeouts.drain. It returns once everything has
// ended: an error where a listener failed.
func (p *Plane) Run(ctx context.Context) error {
	p.begin()
	var err error
	select {
	case err = <-p.failed:
	case <-ctx.Done():
	case <-p.ended.Done():
	}
	drain, cancel := context.WithTimeout(context.Background(), p.model.Load().edge.Timeout.Drain)
	defer cancel()
	p.Shutdown(drain)
	return err
}

// begin opens the doors.
func (p *Plane) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running || p.over {
		return
	}
	p.running = true
	for _, d := range p.doors {
		p.open(d)
	}
	close(p.accepting)
}

// WebSocketsTo counts those that are open by the address of the app's server,
// which is "host:port" or the path of a Unix socket.
func (p *Plane) WebSocketsTo() map[string]int { return p.track.socketsTo() }

// OpenTo counts the requests in work and the WebSockets by the address of the app's
// server, which is "host:port" or the path of a Unix socket. It counts those that a
// former model led there too, also once the Plane is retired. A cache tier alone
// sees WebSockets, and a web tier alone requests.
func (p *Plane) OpenTo() map[string]int { return p.apps.Open() }

// WebSockets returns how many are open.
func (p *Plane) WebSockets() int { return int(p.sockets.Open()) }

// Shutdown stops accepting, lets requests under way end until ctx does, then
// ends WebSockets and whatever is left, and returns when all of it has ended.
// A call beside another one waits for the same end, and hurries it when its
// own ctx ends first.
func (p *Plane) Shutdown(ctx context.Context) {
	p.stopped.Do(func() {
		go func() {
			defer close(p.gone)
			p.stop()
		}()
	})
	select {
	case <-p.gone:
		return
	case <-ctx.Done():
		p.hurry()
	}
	<-p.gone
}

func (p *Plane) stop() {
	p.stopping.Store(true)
	p.shut()
	p.drain(p.patience)
	p.end()
	p.track.closeAll()
	p.pipes.Close()
	p.tasks.End()
	m := p.model.Load()
	m.retire(nil)
	if p.toWeb != nil {
		p.toWeb.Close()
	}
	if p.toShare != nil {
		p.toShare.Close()
	}
	p.leaveStorage()
	p.limits.Close()
	p.hurry()
}

// drain waits until no request is under way.
func (p *Plane) drain(ctx context.Context) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !p.track.closeIdle() {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
