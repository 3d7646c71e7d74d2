package dataplane

import (
	"errors"
	"io"
	"maps"
	"net/http"

	"edgegen/internal/dataplane/entity"
	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/dataplane/wire"
)

// part keeps requests that come after a purge out of the flights whose responses the
// purge may mean. The store decides whether those responses are stored.
func (f *flights) part(p *httpcache.Purge) {
	f.mu.Lock()
	defer f.mu.Unlock()
	maps.DeleteFunc(f.all, func(_ string, one *flight) bool { return p.MayMean(one.key) })
}

// conditional is the answer to a request whose conditions decide it without
// the representation's body; nil where they do not.
func conditional(request, header wire.Header) *wire.Response {
	if entity.Evaluate(request, header) == http.StatusOK {
		return nil
	}
	r, _ := entity.Answer(http.MethodGet, request, entity.Whole{Status: http.StatusOK, Header: header})
	return r
}

// whole answers a request from a response that nobody shares. The origin may not have
// looked at the request's conditions, so they are decided here, and a range is cut out of
// the body as it passes.
func whole(x *exchange, r *wire.Response) *wire.Response {
	if r.Status == http.StatusNotModified {
		r.Header = entity.NotModified(r.Header)
	}
	if r.Status != http.StatusOK || entity.Plain(x.Header) {
		return r
	}
	if decided := conditional(x.Header, r.Header); decided != nil {
		r.Close()
		return decided
	}
	if r.Length < 0 || r.Body == nil {
		return r
	}
	body := r.Body
	taken := false
	out, err := entity.Answer(x.Method, x.Header, entity.Whole{Status: r.Status, Header: r.Header, Size: r.Length,
		Open: func(offset, length int64) (io.ReadCloser, error) {
			if taken { // one stream cannot be read twice
				return nil, io.ErrUnexpectedEOF
			}
			taken = true
			return &part{body: body, skip: offset, left: length}, nil
		}})
	if err != nil || out.Body == nil || out.Header.Get("Content-Range") != "" || out.Status == http.StatusOK {
		if out.Body == nil {
			body.Close()
		}
		return out
	}
	return r // several ranges
}

// part is some bytes of a stream.
type part struct {
	body       io.ReadCloser
	skip, left int64
}

func (p *part) Read(b []byte) (int, error) {
	if p.skip > 0 {
		n, err := io.CopyN(io.Discard, p.body, p.skip)
		if p.skip -= n; err != nil {
			return 0, unexpected(err)
		}
	}
	if p.left == 0 {
		return 0, io.EOF
	}
	n, err := p.body.Read(b[:min(int64(len(b)), p.left)])
	p.left -= int64(n)
	if n > 0 {
		return n, nil
	}
	return 0, unexpected(err)
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Waits is that of the stream.
func (p *part) Waits() bool { return waits(p.body) }

func (p *part) Close() error { return p.body.Close() }
