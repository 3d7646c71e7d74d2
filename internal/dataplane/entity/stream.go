package entity

import (
	"errors"
	"io"
	"net/http"

	"edgegen/internal/dataplane/wire"
)

// Conditional is the answer to a request whose conditions decide it without
// the representation's body; nil where they do not.
func Conditional(request, header wire.Header) *wire.Response {
	if Evaluate(request, header) == http.StatusOK {
		return nil
	}
	r, _ := Answer(http.MethodGet, request, Whole{Status: http.StatusOK, Header: header})
	return r
}

// Stream answers a request from a response that nobody shares. The origin may not have
// looked at the request's conditions, so they are decided here, and a range is cut out of
// the body as it passes.
func Stream(method string, request wire.Header, r *wire.Response) *wire.Response {
	if r.Status == http.StatusNotModified {
		r.Header = NotModified(r.Header)
	}
	if r.Status != http.StatusOK || Plain(request) {
		return r
	}
	if decided := Conditional(request, r.Header); decided != nil {
		r.Close()
		return decided
	}
	if r.Length < 0 || r.Body == nil {
		return r
	}
	body := r.Body
	taken := false
	out, err := Answer(method, request, Whole{Status: r.Status, Header: r.Header, Size: r.Length,
		Open: func(offset, length int64) (io.ReadCloser, error) {
			if taken { // one stream cannot be read twice
				return nil, io.ErrUnexpectedEOF
			}
			taken = true
			return &Part{Body: body, Skip: offset, Left: length}, nil
		}})
	if err != nil || out.Body == nil || out.Header.Get("Content-Range") != "" || out.Status == http.StatusOK {
		if out.Body == nil {
			body.Close()
		}
		return out
	}
	return r // several ranges
}

// Part is some bytes of a stream: Left of them, behind the first Skip.
type Part struct {
	Body       io.ReadCloser
	Skip, Left int64
}

func (p *Part) Read(b []byte) (int, error) {
	if p.Skip > 0 {
		n, err := io.CopyN(io.Discard, p.Body, p.Skip)
		if p.Skip -= n; err != nil {
			return 0, unexpected(err)
		}
	}
	if p.Left == 0 {
		return 0, io.EOF
	}
	n, err := p.Body.Read(b[:min(int64(len(b)), p.Left)])
	p.Left -= int64(n)
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
func (p *Part) Waits() bool { return wire.Waits(p.Body) }

// Close closes the stream.
func (p *Part) Close() error { return p.Body.Close() }
