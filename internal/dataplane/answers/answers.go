// Package answers is what the edge answers in its own plain words, where the site has no page
// of its own for it.
package answers

import (
	"net/http"
	"strconv"

	"edgegen/internal/dataplane/wire"
)

// Failure is an error answer: short, and without a name of any product.
func Failure(status int, fields ...wire.Field) *wire.Response {
	text := strconv.Itoa(status) + " " + Reason(status) + "\n"
	header := append(wire.Header{{Name: "Content-Type", Value: "text/plain; charset=utf-8"}}, fields...)
	return &wire.Response{Status: status, Header: header, Length: int64(len(text)), Body: wire.NewBytes([]byte(text))}
}

// Reason is a status in words. Some have a newer name than net/http gives.
func Reason(status int) string {
	switch status {
	case http.StatusRequestEntityTooLarge:
		return "Content Too Large"
	case http.StatusRequestURITooLong:
		return "URI Too Long"
	case http.StatusRequestedRangeNotSatisfiable:
		return "Range Not Satisfiable"
	}
	return http.StatusText(status)
}

// Worded gives an answer about a failed condition or range a text.
func Worded(r *wire.Response) *wire.Response {
	if r.Body == nil && (r.Status == http.StatusPreconditionFailed || r.Status == http.StatusRequestedRangeNotSatisfiable) {
		return Failure(r.Status, r.Header...)
	}
	return r
}

// Redirect is an answer that leads to another URL.
func Redirect(status int, to string) *wire.Response {
	r := Failure(status)
	r.Header.Add("Location", to)
	return r
}

// WithoutBody drops the body from an answer that must not have one.
func WithoutBody(method string, r *wire.Response) {
	if r.Body != nil && !wire.HasBody(method, r.Status) {
		r.Close()
	}
}
