package h2

import (
	"errors"
	"io"
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"edgegen/internal/dataplane/fields"
	"edgegen/internal/dataplane/wire"
)

// Requests as RFC 9113 8 wants them, and others. A malformed one is answered,
// and its stream reset.
func TestRequests(t *testing.T) {
	pseudo := func(method, scheme, authority, path string, more ...string) []string {
		return append([]string{":method", method, ":scheme", scheme, ":authority", authority, ":path", path}, more...)
	}
	tests := map[string]struct {
		fields []string
		body   string // "" ends the stream with its head
		fault  bool
	}{
		"plain":                    {get, "", false},
		"http":                     {pseudo("GET", "http", "a.test", "/"), "", false},
		"host beside :authority":   {append(get, "host", "A.test"), "", false},
		"host alone":               {[]string{":method", "GET", ":scheme", "https", ":path", "/", "host", "a.test"}, "", false},
		"te: trailers":             {append(get, "te", "trailers"), "", false},
		"empty value":              {append(get, "a", ""), "", false},
		"tab in a value":           {append(get, "a", "b\tc"), "", false},
		"OPTIONS *":                {pseudo("OPTIONS", "https", "a.test", "*"), "", false},
		"length":                   {post("content-length", "3"), "abc", false},
		"no length":                {post(), "abc", false},
		"CONNECT":                  {[]string{":method", "CONNECT", ":authority", "a.test:443"}, "", false},
		"extended CONNECT":         {pseudo("CONNECT", "https", "a.test", "/", ":protocol", "websocket"), "x", false},
		"another host":             {append(get, "host", "b.test"), "", true},
		"another port":             {append(get, "host", "a.test:1"), "", true},
		"two hosts":                {append(get, "host", "a.test", "host", "a.test"), "", true},
		"no host":                  {[]string{":method", "GET", ":scheme", "https", ":path", "/"}, "", true},
		"user in :authority":       {pseudo("GET", "https", "u@a.test", "/"), "", true},
		"empty :authority":         {pseudo("GET", "https", "", "/"), "", true},
		"two lengths":              {post("content-length", "3", "content-length", "5"), "abc", true},
		"the same length twice":    {post("content-length", "3", "content-length", "3"), "abc", true},
		"list of lengths":          {post("content-length", "3, 3"), "abc", true},
		"signed length":            {post("content-length", "+3"), "abc", true},
		"length without a body":    {post("content-length", "3"), "", true},
		"body shorter":             {post("content-length", "4"), "abc", true},
		"body longer":              {post("content-length", "2"), "abc", true},
		"space before a value":     {append(get, "a", " b"), "", true},
		"space behind a value":     {append(get, "a", "b "), "", true},
		"tab before a value":       {append(get, "a", "\tb"), "", true},
		"CR in a value":            {append(get, "a", "b\rc"), "", true},
		"LF in a value":            {append(get, "a", "b\nc: d"), "", true},
		"NUL in a value":           {append(get, "a", "b\x00"), "", true},
		"control byte in a value":  {append(get, "a", "b\x01c"), "", true},
		"capital in a name":        {append(get, "aBc", "b"), "", true},
		"space in a name":          {append(get, "a b", "c"), "", true},
		"colon in a name":          {append(get, "a:b", "c"), "", true},
		"empty name":               {append(get, "", "c"), "", true},
		"connection":               {append(get, "connection", "close"), "", true},
		"keep-alive":               {append(get, "keep-alive", "x"), "", true},
		"proxy-connection":         {append(get, "proxy-connection", "x"), "", true},
		"transfer-encoding":        {post("transfer-encoding", "chunked"), "abc", true},
		"upgrade":                  {append(get, "upgrade", "websocket"), "", true},
		"te: gzip":                 {append(get, "te", "gzip"), "", true},
		"te: trailers, gzip":       {append(get, "te", "trailers, gzip"), "", true},
		"no method":                {[]string{":scheme", "https", ":authority", "a.test", ":path", "/"}, "", true},
		"no scheme":                {[]string{":method", "GET", ":authority", "a.test", ":path", "/"}, "", true},
		"no path":                  {[]string{":method", "GET", ":scheme", "https", ":authority", "a.test"}, "", true},
		"empty path":               {pseudo("GET", "https", "a.test", ""), "", true},
		"absolute path":            {pseudo("GET", "https", "a.test", "https://a.test/"), "", true},
		"space in the path":        {pseudo("GET", "https", "a.test", "/a b"), "", true},
		"fragment":                 {pseudo("GET", "https", "a.test", "/a#b"), "", true},
		"GET *":                    {pseudo("GET", "https", "a.test", "*"), "", true},
		"bad method":               {pseudo("G T", "https", "a.test", "/"), "", true},
		"ftp":                      {pseudo("GET", "ftp", "a.test", "/"), "", true},
		"two paths":                {append(get, ":path", "/b"), "", true},
		"unknown pseudo-header":    {append([]string{":a", "b"}, get...), "", true},
		":status":                  {append([]string{":status", "200"}, get...), "", true},
		"pseudo-header last":       {[]string{":method", "GET", ":scheme", "https", "a", "b", ":authority", "a.test", ":path", "/"}, "", true},
		"CONNECT with a path":      {pseudo("CONNECT", "https", "a.test", "/"), "", true},
		"CONNECT without host":     {[]string{":method", "CONNECT"}, "", true},
		":protocol of a GET":       {pseudo("GET", "https", "a.test", "/", ":protocol", "websocket"), "", true},
		"extended CONNECT, halved": {[]string{":method", "CONNECT", ":protocol", "websocket", ":authority", "a.test"}, "", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			faults := make(chan error, 1)
			c := connect(t, calm, func(s *Stream) {
				s.Detach()
				err := s.Fault
				if err == nil && s.Length != 0 {
					_, err = io.ReadAll(s)
				}
				faults <- err
				_ = s.Head(fields.Answer{Status: 200, Length: -1}, true)
			})
			c.ask(1, test.body == "", test.fields...)
			if test.body != "" {
				_ = c.WriteData(1, true, []byte(test.body))
			}
			if err := <-faults; (err != nil) != test.fault || err != nil && !errors.Is(err, wire.ErrMalformed) {
				t.Fatalf("got %v", err)
			}
			c.until("the answer", func(e event) bool { return e.status == "200" })
			if test.fault {
				if code := c.reset(1); code != http2.ErrCodeProtocol {
					t.Errorf("reset with %v", code)
				}
			}
			c.ask(3, true, get...)
			c.ended(3)
		})
	}
}

func TestRequestFields(t *testing.T) {
	got := make(chan fields.Request, 1)
	c := connect(t, calm, func(s *Stream) {
		r := s.Request
		r.Header = r.Header.Clone()
		got <- r
		answerOK(s)
	})
	c.ask(1, true, append(get, "cookie", "a=1", "x", "y", "cookie", "b=2", "host", "a.test", "cookie", "c=3", "content-length", "0")...)
	r := <-got
	if want := (wire.Header{{Name: "cookie", Value: "a=1; b=2; c=3"}, {Name: "x", Value: "y"}}); len(r.Header) != 2 || r.Header[0] != want[0] || r.Header[1] != want[1] {
		t.Errorf("fields %q", r.Header)
	}
	if r.Method != "GET" || r.Authority != "a.test" || r.Path != "/" || r.Length != 0 {
		t.Errorf("got %+v", r)
	}
	c.ended(1)
	c.ask(3, true, append(get, "a", strings.Repeat("x", 200))...)
	<-got
	for i := range uint32(20) { // memory that is used again
		c.ended(3 + 2*i)
		c.ask(5+2*i, true, append(get, "k", "v")...)
		if r := <-got; len(r.Header) != 1 || r.Header[0] != (wire.Field{Name: "k", Value: "v"}) {
			t.Fatalf("fields %q", r.Header)
		}
	}
}

// Trailers end a body, and what they say is dropped.
func TestTrailers(t *testing.T) {
	for name, test := range map[string]struct {
		fields []string
		end    bool
		want   error
	}{
		"good":          {[]string{"x-sum", "1"}, true, nil},
		"pseudo-header": {[]string{":path", "/"}, true, wire.ErrMalformed},
		"capitals":      {[]string{"X-Sum", "1"}, true, wire.ErrMalformed},
		"without end":   {[]string{"x-sum", "1"}, false, io.ErrClosedPipe},
	} {
		t.Run(name, func(t *testing.T) {
			faults := make(chan error, 1)
			c := connect(t, calm, func(s *Stream) {
				s.Detach()
				_, err := io.ReadAll(s)
				faults <- err
				answerOK(s)
			})
			c.ask(1, false, post()...)
			_ = c.WriteData(1, false, []byte("abc"))
			c.ask(1, test.end, test.fields...)
			if err := <-faults; (err != nil) != (test.want != nil) {
				t.Errorf("got %v", err)
			}
			if test.want != nil {
				if code := c.reset(1); code != http2.ErrCodeProtocol {
					t.Errorf("reset with %v", code)
				}
			}
		})
	}
}
