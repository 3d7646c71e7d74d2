package ca

import (
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// Transport carries requests to the authority without a network. A test whose clock is
// a fake one (testing/synctest) has that hold for the authority too: what it gives
// begins and ends by it. The looks at names alone take real time.
func (s *Server) Transport(t *testing.T) http.RoundTripper {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			time.Sleep(time.Millisecond)
			select {
			case s.beats <- struct{}{}:
			case <-end:
				return
			}
		}
	}()
	t.Cleanup(func() { close(end); <-ended })
	return carrier{s}
}

// carrier is such a transport.
type carrier struct{ *Server }

func (c carrier) RoundTrip(request *http.Request) (response *http.Response, err error) {
	if strings.Contains(request.URL.Path, "authZ") || strings.Contains(request.URL.Path, "my-order") {
		<-c.beats // whoever asks for it again and again gives it time
	}
	defer func() {
		thrown := recover()
		if cause, ok := thrown.(error); ok && errors.Is(cause, http.ErrAbortHandler) {
			response, err = nil, io.ErrUnexpectedEOF
		} else if thrown != nil {
			panic(thrown)
		}
	}()
	asked := request.Clone(request.Context())
	asked.RequestURI, asked.RemoteAddr, asked.TLS = asked.URL.RequestURI(), "192.0.2.1:40000", &tls.ConnectionState{}
	if asked.Body == nil {
		asked.Body = http.NoBody
	}
	if asked.Host == "" {
		asked.Host = asked.URL.Host
	}
	recorder := httptest.NewRecorder()
	c.handler.ServeHTTP(recorder, asked)
	response = recorder.Result()
	response.Request = request
	return response, nil
}
