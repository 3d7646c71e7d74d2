package answers

import (
	"errors"
	"net/http"
	"os"

	"edgegen/internal/dataplane/upload"
	"edgegen/internal/dataplane/upstream"
	"edgegen/internal/dataplane/wire"
)

// BadRequest maps what is wrong with a request to its status; 0 means that
// there is nobody to tell.
func BadRequest(err error) int {
	switch {
	case errors.Is(err, wire.ErrMalformed):
		return http.StatusBadRequest
	case errors.Is(err, wire.ErrHeadTooLarge):
		return http.StatusRequestHeaderFieldsTooLarge
	case errors.Is(err, wire.ErrBodyTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout
	}
	return 0
}

// BadGateway is the answer when asking the backend has failed; it is gone when the client
// has failed.
func BadGateway(err error) *wire.Response {
	switch {
	case errors.Is(err, upstream.ErrClient):
		if status := BadRequest(err); status != 0 {
			return Failure(status)
		}
		return &wire.Response{Status: Nobody}
	case errors.Is(err, upload.ErrNoRoom):
		return Failure(http.StatusInternalServerError)
	case errors.Is(err, upstream.ErrTimeout):
		return Failure(http.StatusGatewayTimeout)
	case errors.Is(err, upstream.ErrNoServer):
		return Failure(http.StatusServiceUnavailable)
	}
	return Failure(http.StatusBadGateway)
}

// Nobody is the status of an answer that is not sent, since the client has left. No app can
// give it.
const Nobody = 0
