package flights

import (
	"context"
	"io"
	"net/http"

	"edgegen/internal/dataplane/entity"
	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/dataplane/wire"
)

// Live is a response whose body is coming in.
type Live struct {
	Status int
	Header wire.Header
	Length int64
	Spool  *httpcache.Spool
	Entry  *httpcache.Entry // to compare a request with; has no body
	// Pin keeps the start of the body in memory until the leader reads it.
	Pin *httpcache.SpoolReader
}

// Answer is a live response as it comes in; nil if it is not for this request, or if its
// start is gone already.
func (one *Flight) Answer(ctx context.Context, method string, request wire.Header) *wire.Response {
	l := one.Live
	if !l.Entry.Matches(request) {
		return nil
	}
	if l.Status == http.StatusOK && l.Length >= 0 {
		r, err := entity.Answer(method, request, entity.Whole{Status: l.Status, Header: l.Header, Size: l.Length,
			Open: func(offset, length int64) (io.ReadCloser, error) { return l.open(ctx, offset, length) }})
		if err != nil {
			return nil
		}
		return r
	}
	if l.Status == http.StatusOK {
		if r := entity.Conditional(request, l.Header); r != nil {
			return r
		}
	}
	body, ok := l.Spool.Reader(ctx)
	if !ok {
		return nil
	}
	header := append(make(wire.Header, 0, len(l.Header)+4), l.Header...)
	return &wire.Response{Status: l.Status, Header: header, Length: l.Length, Body: body}
}

// open reads a part of a body that is coming in.
func (l *Live) open(ctx context.Context, offset, length int64) (io.ReadCloser, error) {
	body, ok := l.Spool.Reader(ctx)
	if !ok {
		return nil, io.ErrUnexpectedEOF
	}
	if offset == 0 && length == l.Length {
		return body, nil
	}
	return &entity.Part{Body: body, Skip: offset, Left: length}, nil
}
