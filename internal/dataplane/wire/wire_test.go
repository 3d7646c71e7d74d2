package wire

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReadHead(t *testing.T) {
	tests := map[string]struct {
		in   string
		head string
		err  error
	}{
		"whole":          {"GET / HTTP/1.1\r\nA: b\r\n\r\nrest", "GET / HTTP/1.1\r\nA: b\r\n\r\n", nil},
		"no fields":      {"GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", nil},
		"empty lines":    {"\r\n\r\nGET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", nil},
		"three of them":  {"\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n", "", ErrMalformed},
		"nothing":        {"", "", io.EOF},
		"cut off":        {"GET / HTTP/1.1\r\nA", "", io.ErrUnexpectedEOF},
		"too large":      {"GET /" + strings.Repeat("x", 5000) + " HTTP/1.1\r\n\r\n", "", ErrHeadTooLarge},
		"bare LF":        {"GET / HTTP/1.1\nA", "", ErrMalformed},
		"bare CR":        {"GET / HTTP/1.1\rA", "", ErrMalformed},
		"control byte":   {"GET / \x02", "", ErrMalformed},
		"TLS hello":      {"\x16\x03\x01\x02\x00\x01", "", ErrMalformed},
		"CR at the end":  {"GET / HTTP/1.1\r", "", io.ErrUnexpectedEOF},
		"CR CR LF":       {"GET / HTTP/1.1\r\r\n\r\n", "", ErrMalformed},
		"empty line, LF": {"\nGET / HTTP/1.1\r\n\r\n", "", ErrMalformed},
	}
	for name, test := range tests {
		for how, wrap := range map[string]func(io.Reader) io.Reader{"at once": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader} {
			t.Run(name+", "+how, func(t *testing.T) {
				r := NewReader(wrap(strings.NewReader(test.in)), nil)
				head, err := r.ReadHead(4000, nil)
				if head != test.head || !errors.Is(err, test.err) {
					t.Errorf("got %q, %v", head, err)
				}
			})
		}
	}
}

// TestReadResponseHead holds that nothing stands before a response.
func TestReadResponseHead(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n"
	for text, err := range map[string]error{head: nil, "\r\n" + head: ErrMalformed, "\r\n\r\n" + head: ErrMalformed} {
		got, failed := NewReader(strings.NewReader(text), nil).ReadResponseHead(4000)
		if !errors.Is(failed, err) || err == nil && got != head {
			t.Errorf("%q: %q, %v", text, got, failed)
		}
	}
}

func TestHeader(t *testing.T) {
	h := Header{{"A", "1"}, {"b", "2, 3"}, {"a", "4"}, {"C", `"x, y", z`}}
	if got := h.Get("a"); got != "1" {
		t.Errorf("Get: %q", got)
	}
	if got := slices.Collect(h.Members("A")); !slices.Equal(got, []string{"1", "4"}) {
		t.Errorf("Members: %q", got)
	}
	if got := slices.Collect(h.Members("c")); !slices.Equal(got, []string{`"x, y"`, "z"}) {
		t.Errorf("quoted: %q", got)
	}
	if !h.Contains("B", "3") || h.Contains("B", "4") || h.Joined("a") != "1, 4" {
		t.Error("Contains or Joined")
	}
	clone := h.Clone()
	h.Set("a", "9")
	if h.Count("A") != 1 || len(clone) != 4 || clone[2] != (Field{"a", "4"}) {
		t.Errorf("%v %v", h, clone)
	}
}

func TestParseResponse(t *testing.T) {
	tests := map[string]struct {
		head   string
		want   ResponseHead
		failed bool
	}{
		"counted":         {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", ResponseHead{Status: 200, Length: 3, Keep: true}, false},
		"equal lengths":   {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n", ResponseHead{Status: 200, Length: 3, Keep: true}, false},
		"chunked":         {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", ResponseHead{Status: 200, Length: -1, Chunked: true, Keep: true}, false},
		"no reason":       {"HTTP/1.1 204\r\n\r\n", ResponseHead{Status: 204, Length: -1, Keep: true}, false},
		"1.0":             {"HTTP/1.0 200 OK\r\n\r\n", ResponseHead{Status: 200, Length: -1}, false},
		"close":           {"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", ResponseHead{Status: 200, Length: -1}, false},
		"both":            {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", ResponseHead{}, true},
		"lengths":         {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", ResponseHead{}, true},
		"odd coding":      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n", ResponseHead{Status: 200, Length: -1, Keep: true}, false},
		"odd and chunked": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, odd\r\n\r\n", ResponseHead{}, true},
		"gzip coding":     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", ResponseHead{}, true},
		"status of two":   {"HTTP/1.1 20 OK\r\n\r\n", ResponseHead{}, true},
		"status of four":  {"HTTP/1.1 2000 OK\r\n\r\n", ResponseHead{}, true},
		"other protocol":  {"ICY 200 OK\r\n\r\n", ResponseHead{}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ParseResponse(test.head, nil)
			got.Header = nil
			if (err != nil) != test.failed || err == nil && (got.Status != test.want.Status || got.Length != test.want.Length || got.Chunked != test.want.Chunked || got.Keep != test.want.Keep) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestBodyCutOff(t *testing.T) {
	for name, test := range map[string]struct {
		in     string
		length int64
	}{"counted": {"abc", 5}, "chunked": {"5\r\nabc", -1}, "no last chunk": {"3\r\nabc\r\n", -1}, "no end of trailers": {"0\r\nA: b\r\n", -1}, "nothing": {"", -1}} {
		t.Run(name, func(t *testing.T) {
			var b Body
			b.Reset(NewReader(strings.NewReader(test.in), nil), test.length, -1)
			if _, err := io.ReadAll(&b); !errors.Is(err, io.ErrUnexpectedEOF) || b.Done() {
				t.Errorf("%v, done %v", err, b.Done())
			}
		})
	}
}

// FuzzRequestHead: what is accepted, net/http reads in the same way, if it
// reads it at all.
func FuzzRequestHead(f *testing.F) {
	for _, seed := range []string{
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "POST /a?b HTTP/1.1\r\nHost: a:80\r\nContent-Length: 3\r\n\r\nabc",
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "GET http://b/c HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: [::1]:8\r\n\r\n", "GET / HTTP/1.1\nHost: a\r\n b\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "\r\n\r\nGET / HTTP/1.1\r\nHost : a\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r := NewReader(bytes.NewReader(in), nil)
		head, err := r.ReadHead(16<<10, nil)
		if err != nil {
			return
		}
		var req Request
		if ParseRequest(head, &req) != nil {
			return
		}
		if req.Host == "" && req.Minor == 1 || req.Target == "" || req.Header.Has("Content-Length") || req.Header.Has("Transfer-Encoding") {
			t.Fatalf("accepted %+v", req)
		}
		for _, field := range req.Header {
			if !Token(field.Name) || strings.ContainsAny(field.Value, "\r\n\x00") {
				t.Fatalf("accepted %q", field)
			}
		}
		other, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head)))
		if err != nil {
			return
		}
		length := other.ContentLength
		if other.Method != req.Method || length != req.Length && req.Method != "CONNECT" {
			t.Fatalf("%q: net/http reads %s %d, we %s %d", head, other.Method, length, req.Method, req.Length)
		}
	})
}

// FuzzChunked: what is accepted, net/http decodes to the same bytes.
func FuzzChunked(f *testing.F) {
	for _, seed := range []string{"0\r\n\r\n", "3\r\nabc\r\n0\r\n\r\n", "3;a=b\r\nabc\r\n0\r\nA: b\r\n\r\n", "A\r\n0123456789\r\n00\r\n\r\n", "3\nabc", "ffffffffffffffff\r\n", "3 ;x\r\nabc\r\n0\r\n\r\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var b Body
		b.Reset(NewReader(bytes.NewReader(in), nil), -1, 1<<20)
		got, err := io.ReadAll(&b)
		if err != nil {
			return
		}
		want, err := io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(in)))
		if err == nil && !bytes.Equal(got, want) {
			t.Fatalf("%q: got %q, net/http %q", in, got, want)
		}
	})
}
