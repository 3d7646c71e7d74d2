package dataplane

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"edgegen/internal/dataplane/wire"
)

// ServeHTTP answers one request.
func (h *h2) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.plane.tasks.enter()
	defer h.plane.tasks.leave()
	h.plane.streams.open.Add(1)
	defer h.plane.streams.leave()
	conn, _ := r.Context().Value(connKey{}).(*h2conn)
	m := h.plane.model.Load()
	edge, peer := m.edge, conn.peer
	x := &exchange{ctx: r.Context(), began: time.Now(), peer: peer, protocol: "HTTP/2.0", model: m}
	x.Request = wire.Request{Method: r.Method, Target: r.RequestURI, Host: r.Host, Minor: 1, Length: r.ContentLength}
	for name, values := range r.Header {
		if name == "Content-Length" || name == "Host" {
			continue // they are in Length and Host
		}
		for _, v := range values {
			x.Header.Add(name, v)
		}
	}
	if r.ContentLength != 0 {
		body := &slowBody{from: r.Body, pace: pace{limit: edge.Timeout.Body}, control: http.NewResponseController(w)}
		x.Body = &limited{from: body, left: edge.Limits.BodySize}
	}
	var a answer
	switch {
	case !wire.Authority(r.Host) || !wire.ValidTarget(r.RequestURI):
		x.client, x.cache, x.tier = peer, "PASS", "cache"
		a.Response = failure(http.StatusBadRequest, wire.Field{Name: "X-Cache", Value: "PASS"})
	case len(x.Header) > maxFields:
		x.client, x.cache, x.tier = peer, "PASS", "cache"
		a.Response = failure(http.StatusRequestHeaderFieldsTooLarge, wire.Field{Name: "X-Cache", Value: "PASS"})
	default:
		a = h.plane.front.serve(x)
	}
	defer a.Close()
	if a.gone {
		h.plane.access(x.finish(statusGone, 0), true)
		panic(http.ErrAbortHandler)
	}
	if h.plane.lastOne(conn.door) {
		w.Header().Set("Connection", "close") // says GOAWAY
	}
	sent, err := h.deliver(w, x, a)
	h.plane.access(x.finish(a.Status, sent), true)
	if err != nil {
		panic(http.ErrAbortHandler) // the stream is reset: nobody takes it for whole
	}
}

func (h *h2) deliver(w http.ResponseWriter, x *exchange, a answer) (sent int64, err error) {
	withoutBody(x.Method, a.Response)
	header := w.Header()
	for _, f := range a.Header {
		header.Add(f.Name, f.Value)
	}
	if a.Length >= 0 && a.Status != http.StatusNoContent {
		header.Set("Content-Length", strconv.FormatInt(a.Length, 10))
	}
	w.WriteHeader(a.Status)
	if a.Body == nil {
		return 0, nil
	}
	buf := h.plane.copies.Get().(*[]byte)
	defer h.plane.copies.Put(buf)
	flush := http.NewResponseController(w)
	if waits(a.Body) {
		if err := flush.Flush(); err != nil {
			return 0, err
		}
	}
	for {
		n, err := a.Body.Read(*buf)
		if n > 0 {
			if _, err := w.Write((*buf)[:n]); err != nil {
				return sent, err
			}
			sent += int64(n)
		}
		if errors.Is(err, io.EOF) || err == nil && sent == a.Length {
			if a.Length >= 0 && sent != a.Length {
				return sent, io.ErrUnexpectedEOF
			}
			return sent, nil
		}
		if err != nil {
			return sent, err
		}
		if err := flush.Flush(); err != nil {
			return sent, err
		}
	}
}

// slowBody holds a request's body to its pace.
type slowBody struct {
	from    io.Reader
	pace    pace
	control *http.ResponseController
}

func (b *slowBody) Read(p []byte) (int, error) {
	began := time.Now()
	_ = b.control.SetReadDeadline(began.Add(max(0, b.pace.left())))
	n, err := b.from.Read(p)
	b.pace.note(n, time.Since(began))
	return n, err
}
