package acme

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"sync"
	"syscall"
	"time"

	"edgegen/internal/wait"

	"github.com/mholt/acmez/v3/acme"
)

// client speaks with the authority; told, where it is not nil, hears when that
// wants to be left alone.
func (w *wanted) client(told *heard) *acme.Client {
	transport := w.manager.options.Transport
	if transport == nil {
		transport = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			TLSClientConfig:     &tls.Config{RootCAs: w.authority.Roots},
			TLSHandshakeTimeout: 10 * time.Second,
			DisableKeepAlives:   true, // nothing is left over, and there are few requests
		}
	}
	c := &acme.Client{Directory: w.authority.Directory, UserAgent: w.manager.options.UserAgent,
		HTTPClient: &http.Client{Transport: transport, Timeout: time.Minute}}
	if told != nil {
		told.RoundTripper, c.HTTPClient.Transport = persistent{transport, min(tryPause, w.manager.firstPause())}, told
	}
	return c
}

// tries is how often a request is sent to an authority that breaks off or has an error
// of its own, and tryPause before the second time; it doubles from then on.
const (
	tries    = 5
	tryPause = 250 * time.Millisecond
)

// persistent sends a request again that is answered by nothing else. An order is made of a
// dozen of them, and would hardly come to its end on a bad day otherwise. What the
// authority has carried out all the same it knows by the nonce: it refuses that one,
// and the request is signed with another.
type persistent struct {
	http.RoundTripper
	pause time.Duration
}

func (p persistent) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx, pause := request.Context(), p.pause
	for try := 1; ; try++ {
		response, err := p.RoundTripper.RoundTrip(request)
		if !isHiccup(response, err) || try == tries || !wait.For(ctx, pause) {
			return response, err
		}
		pause *= 2
		if response != nil {
			_ = response.Body.Close() // it says nothing
		}
		request = request.Clone(ctx)
		if request.GetBody != nil { // else it has none
			if request.Body, err = request.GetBody(); err != nil {
				return nil, err
			}
		}
	}
}

// isHiccup reports whether the same request may well be answered in a moment.
func isHiccup(response *http.Response, err error) bool {
	if err != nil {
		return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
	}
	return response.StatusCode >= 500 && response.Header.Get("Retry-After") == ""
}

// heard remembers what an authority says besides its answers: when it wants to be
// asked again where it has refused to answer, and what an order is called.
type heard struct {
	http.RoundTripper
	newOrder string // where orders are made
	mu       sync.Mutex
	after    time.Time
	order    string
}

func (r *heard) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := r.RoundTripper.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode == http.StatusTooManyRequests || response.StatusCode == http.StatusServiceUnavailable {
		if after, ok := parseRetryAfter(response.Header.Get("Retry-After"), time.Now()); ok {
			r.mu.Lock()
			r.after = after
			r.mu.Unlock()
		}
	}
	if response.StatusCode == http.StatusCreated && request.URL.String() == r.newOrder {
		r.mu.Lock()
		r.order = response.Header.Get("Location")
		r.mu.Unlock()
	}
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")) // "" is strange too
	if response.StatusCode >= 400 && kind != "application/problem+json" || kind == "text/html" {
		_ = response.Body.Close() // it is not for us
		return nil, &strangeError{request.URL.String(), response.StatusCode}
	}
	return response, nil
}

// strangeError is about an answer that is none of an authority's: a page for people,
// or an error without a word about it (RFC 8555, 6.7).
type strangeError struct {
	url    string
	status int
}

func (s *strangeError) Error() string { return fmt.Sprintf("%s answers with HTTP %d", s.url, s.status) }

// parseRetryAfter reads seconds or a date (RFC 9110, 10.2.3).
func parseRetryAfter(text string, now time.Time) (time.Time, bool) {
	if at, err := http.ParseTime(text); err == nil {
		return at, true
	}
	seconds, err := time.ParseDuration(text + "s")
	return now.Add(seconds), err == nil && seconds > 0
}

// ordered is the URL of the order that was made last.
func (r *heard) ordered() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.order
}

// later adds to an error when the next try may come.
func (r *heard) later(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.after.IsZero() {
		return err
	}
	return &laterError{err, r.after}
}

// laterError is an error of an authority that does not want to be asked before a
// time.
type laterError struct {
	error
	after time.Time
}

func (l *laterError) Unwrap() error { return l.error }
