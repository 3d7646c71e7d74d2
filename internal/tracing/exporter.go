// Package tracing tells a collector of requests, as spans of traces: one for each tier
// that has had a part in the request, made of what was measured of it anyway. They go
// by OTLP over HTTP.
package tracing

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"edgegen/internal/site"
)

const (
	// limit is how many requests wait to be told of at most, and batch how many are
	// told of at once.
	limit, batch = 4096, 256
	// gather is how long a request waits for others.
	gather = time.Second
	// lastTime is how long the end waits for what has not been told yet.
	lastTime = 2 * time.Second
)

// pauses are those before a batch is sent once more; after the last one it is lost.
var pauses = [...]time.Duration{time.Second, 3 * time.Second}

// Totals counts spans from the start of the edge on, through changes of the collector.
// The zero value has counted none. It may be used from any goroutine.
type Totals struct {
	Sent    atomic.Uint64 // the collector has them
	Dropped atomic.Uint64 // too many were waiting
	Failed  atomic.Uint64 // the collector has not taken them
}

// Options say where spans go, and who hears of it.
type Options struct {
	Trace   site.Trace
	Version string // of edgegen
	Host    string // the name of the machine
	Totals  *Totals
	Log     *slog.Logger
	Hide    func(string) string // replaces what is secret
}

// Exporter tells one collector of requests. Make one with New, and close it. It may be
// used from any goroutine, and holds up none.
type Exporter struct {
	options Options
	to      *poster
	waiting chan Request  // closed when nothing more comes
	over    chan struct{} // closed likewise: no pause is made any more
	life    context.Context
	giveUp  context.CancelFunc
	sending sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	problem string // why the last batch was not taken; "" where it was
	lost    uint64 // spans since the problem began
}

// New returns an exporter, which asks nobody yet. An error is about the file of the
// authorities alone.
func New(o Options) (*Exporter, error) {
	to, err := newPoster(o.Trace)
	if err != nil {
		return nil, err
	}
	e := &Exporter{options: o, to: to, waiting: make(chan Request, limit), over: make(chan struct{})}
	e.life, e.giveUp = context.WithCancel(context.Background())
	e.sending.Go(e.run)
	return e, nil
}

// Tell takes a request that has ended. A request whose trace is not sampled is left out;
// one too many is dropped and counted.
func (e *Exporter) Tell(r Request) {
	if !Sampled(&r.Record) {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed {
		select {
		case e.waiting <- r:
			return
		default:
		}
	}
	e.options.Totals.Dropped.Add(uint64(len(r.spans())))
}

// Problem says why the collector has not taken what it was sent last; "" where it has.
func (e *Exporter) Problem() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.problem
}

// Close sends what is waiting, as far as that is taken at once, and ends.
func (e *Exporter) Close() {
	e.mu.Lock()
	e.closed = true
	close(e.waiting)
	e.mu.Unlock()
	close(e.over)
	late := time.AfterFunc(lastTime, e.giveUp)
	e.sending.Wait()
	late.Stop()
	e.giveUp()
	e.to.close()
	if e.lost > 0 {
		e.options.Log.Warn("not all spans were sent to the collector of traces", "collector", e.options.Trace.Collector, "lost", e.lost)
	}
}

// run sends batches until nothing more comes.
func (e *Exporter) run() {
	for first := range e.waiting {
		e.send(e.gather(first))
	}
}

// gather waits for others to be sent with a request.
func (e *Exporter) gather(first Request) []Request {
	all := []Request{first}
	timer := time.NewTimer(gather)
	defer timer.Stop()
	for len(all) < batch {
		select {
		case r, more := <-e.waiting:
			if !more {
				return all
			}
			all = append(all, r)
		case <-timer.C:
			return all
		}
	}
	return all
}

// send tells the collector of some requests, several times if need be.
func (e *Exporter) send(all []Request) {
	spans := e.options.message(all)
	count := uint64(len(spans.ScopeSpans[0].Spans))
	err := e.to.post(e.life, spans)
	for _, pause := range pauses {
		if err == nil || errors.As(err, new(*partly)) {
			break
		}
		e.failing(err, 0)
		select {
		case <-time.After(pause):
		case <-e.over:
		case <-e.life.Done():
		}
		if e.life.Err() != nil {
			break
		}
		err = e.to.post(e.life, spans)
	}
	e.settle(count, err)
}

// settle counts spans that have been sent, by what came of that in the end.
func (e *Exporter) settle(count uint64, err error) {
	if err == nil {
		e.options.Totals.Sent.Add(count)
		e.well()
		return
	}
	lost := count
	if some := (*partly)(nil); errors.As(err, &some) {
		lost = min(count, uint64(some.refused))
	}
	e.options.Totals.Sent.Add(count - lost)
	e.options.Totals.Failed.Add(lost)
	e.failing(err, lost)
}

// failing notes that the collector does not take what it is sent, and says so when that
// begins.
func (e *Exporter) failing(err error, lost uint64) {
	text := e.shown(err)
	e.mu.Lock()
	begins := e.problem == "" && e.life.Err() == nil // else Close says it
	e.problem = text
	e.lost += lost
	e.mu.Unlock()
	if begins {
		e.options.Log.Warn("cannot reach the collector of traces; spans are lost until that works again", "collector", e.options.Trace.Collector, "error", text)
	}
}

// shown is an error as it may be shown: a collector may have said what it was sent.
func (e *Exporter) shown(err error) string {
	const most = 300
	text := strings.ToValidUTF8(strings.Join(strings.Fields(err.Error()), " "), "\ufffd")
	for _, f := range e.options.Trace.Fields {
		key := f.Value[strings.IndexByte(f.Value, ' ')+1:] // all of it, where it has one word
		text = site.Hide(text, []string{f.Value, key})
	}
	text = e.options.Hide(text)
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// well notes that the collector takes what it is sent.
func (e *Exporter) well() {
	e.mu.Lock()
	was, lost := e.problem, e.lost
	e.problem, e.lost = "", 0
	e.mu.Unlock()
	if was != "" {
		e.options.Log.Info("spans reach the collector of traces again", "collector", e.options.Trace.Collector, "lost", lost)
	}
}
