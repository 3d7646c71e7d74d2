package tiers

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"edgegen/internal/generation"
	"edgegen/internal/statedir"
	"edgegen/internal/wait"
)

// waitingRoom takes the connections to a varnishd that is down and that no builtin tier
// may stand in for. Each waits, and goes on to varnishd when that is back: nobody is
// answered otherwise than the site says.
type waitingRoom struct {
	server   *varnishServer
	patience time.Duration
	places   chan struct{}
	doors    []net.Listener

	life   context.Context
	end    context.CancelFunc
	inside sync.WaitGroup
}

// opens has the standby sockets lead to a waiting room.
func (v *varnishServer) opens(g *generation.Generation) error {
	edge, layout := g.Loaded.Edge, v.house.Layout
	w := &waitingRoom{server: v, patience: edge.Timeout.FirstByte, places: make(chan struct{}, edge.Limits.Connections)}
	w.life, w.end = context.WithCancel(context.Background())
	for _, way := range []struct{ door, to string }{
		{layout.StandbySocket(), layout.VarnishSocket()},
		{layout.StandbyPlain(), layout.VarnishPlain()},
	} {
		file, err := v.house.hold(way.door)
		if err != nil {
			return errors.Join(err, w.shut())
		}
		door, err := fileListeners([]*os.File{file})
		if err != nil {
			return errors.Join(err, w.shut())
		}
		w.doors = append(w.doors, door...)
		w.inside.Go(func() { w.take(door[0], way.to) })
	}
	v.rooms = append(v.rooms, w)
	v.room.Store(w)
	return nil
}

// standBy has somebody behind the standby sockets: a builtin tier, a waiting room where
// none may serve, or nobody where takeovers are ruled out.
func (v *varnishServer) standBy(ctx context.Context, g *generation.Generation) error {
	if !v.bonded(g) {
		if v.room.Load() != nil {
			if err := v.letsStandbyGo(); err != nil {
				return err
			}
		}
		if v.house.NoTakeover {
			return v.standsNoLonger()
		}
		return v.standInStarts(ctx, g)
	}
	if v.room.Load() != nil && len(statedir.NotThere(v.house.Layout.StandbySocket(), v.house.Layout.StandbyPlain())) == 0 {
		return nil
	}
	if err := errors.Join(v.letsStandbyGo(), v.opens(g)); err != nil {
		return err
	}
	return v.publish(v.runs())
}

// letsStandbyGo has nobody behind the standby sockets.
func (v *varnishServer) letsStandbyGo() (err error) {
	if room := v.room.Swap(nil); room != nil {
		err = room.shut()
	}
	v.standsAlone()
	return errors.Join(err, v.house.letGo(v.house.Layout.StandbySocket()), v.house.letGo(v.house.Layout.StandbyPlain()))
}

// take lets connections in, as many as the edge takes.
func (w *waitingRoom) take(door net.Listener, to string) {
	for {
		select {
		case w.places <- struct{}{}:
		case <-w.life.Done():
			return
		}
		client, err := door.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // as of too many files
			<-w.places
			if !wait.For(w.life, backPause) {
				return
			}
			continue
		}
		w.inside.Go(func() {
			defer func() { <-w.places }()
			w.lead(client, to)
		})
	}
}

// lead waits for varnishd, and carries bytes both ways from then on.
func (w *waitingRoom) lead(client net.Conn, to string) {
	defer client.Close()
	defer context.AfterFunc(w.life, func() { _ = client.Close() })()
	ctx, cancel := context.WithTimeout(w.life, w.patience)
	defer cancel()
	varnishd := w.reach(ctx, to)
	if varnishd == nil {
		return
	}
	defer varnishd.Close()
	defer context.AfterFunc(w.life, func() { _ = varnishd.Close() })()
	back := make(chan struct{})
	go func() {
		defer close(back)
		carry(client, varnishd)
	}()
	carry(varnishd, client)
	<-back
}

// reach connects as soon as varnishd answers, and is not about to end; nil where ctx ends
// first.
func (w *waitingRoom) reach(ctx context.Context, to string) net.Conn {
	for {
		if w.server.runs() && !w.server.ending.Load() {
			if c, err := (&net.Dialer{}).DialContext(ctx, "unix", to); err == nil {
				if !w.server.ending.Load() {
					return c
				}
				_ = c.Close() // nothing was said yet
			}
		}
		if !wait.For(ctx, backPause) {
			return nil
		}
	}
}

// carry copies what comes from one side, and its end.
func carry(to, from net.Conn) {
	_, err := io.Copy(to, from)
	if half, ok := to.(*net.UnixConn); ok && err == nil {
		_ = half.CloseWrite() // the other side may have gone
		return
	}
	_, _ = to.Close(), from.Close() // so that the other direction ends as well
}

// shut lets nobody in any more; who is inside goes on.
func (w *waitingRoom) shut() error { return closeAll(w.doors) }

// empty sends everybody away: varnishd has been stopped.
func (w *waitingRoom) empty() {
	_ = w.shut() // it may be shut already
	w.end()
	w.inside.Wait()
}
