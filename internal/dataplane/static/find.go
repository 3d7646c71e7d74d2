package static

import (
	"errors"
	"net/http"

	"edgegen/internal/dataplane/wire"
)

// Found says what of a root answers a request.
type Found uint8

// What is found. Nothing leaves the request to the app.
const (
	Nothing     Found = iota
	Served            // a file
	DotFile           // the path names one: nobody gets it
	Kept              // a file that is private, or cannot be read
	Slash             // a directory that an index serves, asked for without its last slash
	OtherMethod       // a file, asked for by a method that none is served by, and no app
)

// Find looks for the file that answers a request; app tells that the route has one,
// which takes other methods than GET and HEAD. There is a response where a file is
// Served, and nowhere else.
func (f *Files) Find(a Ask, app bool) (*wire.Response, Found) {
	switch {
	case Hidden(a.Path):
		return nil, DotFile
	case a.Script:
		return nil, Nothing
	case a.Method == http.MethodGet || a.Method == http.MethodHead:
		return f.read(a)
	}
	switch err := f.Exists(a); {
	case errors.Is(err, ErrSlash):
		return nil, Slash
	case err == nil && !app:
		return nil, OtherMethod
	}
	return nil, Nothing
}

func (f *Files) read(a Ask) (*wire.Response, Found) {
	r, err := f.Answer(a)
	switch {
	case errors.Is(err, ErrSlash):
		return nil, Slash
	case err != nil:
		return nil, Kept
	case r == nil:
		return nil, Nothing
	}
	return r, Served
}

// Status is that of the answer to a request by a method, where there is no response.
func (f Found) Status(method string) int {
	switch f {
	case DotFile, Kept:
		return http.StatusNotFound
	case OtherMethod:
		return http.StatusMethodNotAllowed
	case Slash:
		if method == http.MethodGet || method == http.MethodHead {
			return http.StatusMovedPermanently
		}
		return http.StatusPermanentRedirect
	}
	return 0
}
