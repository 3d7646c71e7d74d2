package native

import (
	"strings"

	"edgegen/internal/accesslog"
	"edgegen/internal/vsm"
)

// Record has Setup.Access hear of each request that ends from now on and is no probe,
// through restarts of varnishd. It may be called again once Unrecord has been.
func (v *Varnish) Record() {
	reader := accessReader{sink: v.setup.Access, piped: make(map[uint64]string)}
	v.recording.Store(vsm.Follow(v.setup.Layout.VarnishDir(), reader.take, v.setup.Untold))
}

// Unrecord returns when Setup.Access has heard of all that has ended.
func (v *Varnish) Unrecord() {
	if log := v.recording.Swap(nil); log != nil {
		log.Stop()
	}
}

// CatchUp has Setup.Access hear of all that has ended until now, which otherwise it does
// a moment later.
func (v *Varnish) CatchUp() {
	if log := v.recording.Load(); log != nil {
		log.Read()
	}
}

// RecordsItsOwn keeps Setup.Access from hearing of a varnishd that gets the directory
// after this one.
func (v *Varnish) RecordsItsOwn() {
	if log := v.recording.Load(); log != nil {
		log.Stay()
	}
}

// recorded returns why nobody would hear of requests, where somebody is to.
func (v *Varnish) recorded() error {
	if log := v.recording.Load(); log != nil {
		return log.Look()
	}
	return nil
}

// accessReader makes records of what varnishd's log tells.
type accessReader struct {
	sink  func(*accesslog.Record)
	piped map[uint64]string // the server's name in the VCL, by the request's number

	// Of the transaction that is read. There are tens of thousands a second, so that
	// neither is made anew.
	note   logNote
	record accesslog.Record
}

func (r *accessReader) take(t *vsm.Transaction) {
	r.note = logNote{}
	for tag, text := range t.Records() {
		if !r.note.add(tag, text) {
			return
		}
	}
	if t.Pipe {
		r.pipe(t.Parent, r.note.server())
		return
	}
	server := ""
	if len(r.piped) > 0 {
		server = r.piped[t.ID]
		delete(r.piped, t.ID)
	}
	r.note.request(server, &r.record)
	r.sink(&r.record)
}

// morePipes is how many pipes may lack their request, which comes right behind, before
// all of them are taken to have lost it.
const morePipes = 1000

func (r *accessReader) pipe(request uint64, server string) {
	if len(r.piped) > morePipes {
		clear(r.piped)
	}
	r.piped[request] = strings.Clone(server)
}
