package dataplane

import (
	"net/http"
	"slices"
	"strings"

	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// compress gives an answer to a request that was negotiated (decide.Negotiate) in the
// coding that was found, where the route compresses such answers.
func (p *Plane) compress(r *wire.Response, c *site.Compress, coding string) {
	if decide.PartOf(c, r.Status, r.Header) {
		decide.Coded(&r.Header, "")
		return
	}
	if !decide.Compressible(c, r.Status, r.Header, r.Length) {
		return
	}
	decide.Coded(&r.Header, coding)
	switch {
	case coding == "":
	case r.Body == nil: // the answer to a HEAD
		r.Length = -1
		if r.Forms != nil {
			if form, made := r.Forms.Known(coding); made {
				r.Length = int64(len(form))
			}
		}
	case r.Forms != nil:
		body := r.Body
		form, err := r.Forms.In(coding, func() ([]byte, error) { return p.coders.Whole(coding, body) })
		body.Close()
		r.Length, r.Body = int64(len(form)), wire.NewBytes(form)
		if err != nil {
			r.Length, r.Body = -1, &wire.Broken{Err: err}
		}
	default:
		stream, err := p.coders.Stream(coding, r.Body)
		if err != nil { // no coding of the model is unknown
			stream = &wire.Broken{Err: err}
		}
		r.Length, r.Body = -1, stream
	}
	r.Forms = nil // they are of the body as it was
}

// confirmed gives a 304 about a stored response the fields that the whole answer would
// have.
func confirmed(r *wire.Response, stored wire.Header, c *site.Compress, coding string) {
	if r.Status == http.StatusNotModified && decide.Codable(c, stored) {
		decide.Coded(&r.Header, coding)
		r.Header.Del("Content-Encoding")
	}
}

// wish is in which coding a native cache tier wants an answer (site.NoteCompress).
type wish struct {
	asked  bool
	coding string // "" for as it is
	route  string // its ID
	lookup bool   // the answer may be stored
	stored string // the coding then
}

// wishOf reads the note. No coding is wished for if the cache tier compresses the answer
// itself.
func wishOf(request wire.Header) wish {
	note := request.Get(site.NoteCompress)
	coding, rest, asked := strings.Cut(note, " ")
	w := wish{asked: asked && coding != site.CompressedLater, coding: codingNamed(coding)}
	w.route, w.stored, w.lookup = strings.Cut(rest, " ")
	w.stored = codingNamed(w.stored)
	return w
}

// codingNamed is the model's own string for a coding, which outlives the request; "" for a
// coding that the model does not have.
func codingNamed(name string) string {
	for _, coding := range site.Codings() {
		if coding == name {
			return coding
		}
	}
	return ""
}

// fulfil compresses an answer for a native cache tier, and tells it so by
// site.NoteCompressed. An answer that is to be stored, for a client that does not take
// gzip, is left to that tier to compress.
func (p *Plane) fulfil(w wish, x *exchange, on *route, r *wire.Response) {
	c := on.Compress
	if w.asked && c != nil && decide.PartOf(c, r.Status, r.Header) {
		p.compress(r, c, "")
		return
	}
	if !w.asked || c == nil || !decide.Compressible(c, r.Status, r.Header, r.Length) {
		return
	}
	coding, note := w.coding, w.coding
	if w.lookup {
		judged := x.assessed(r, x.began)
		judged.Method = http.MethodGet
		if _, store := httpcache.Assess(judged, on.policy); store {
			coding, note = w.stored, w.stored
			if note == "" && slices.Contains(c.Algorithms, site.Gzip) {
				note = site.Compressible
			}
		}
	}
	p.compress(r, c, coding)
	if note != "" {
		r.Header.Add(site.NoteCompressed, note)
	}
}
