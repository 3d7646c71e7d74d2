package fastcgi

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// said is a record as an app sends it.
func said(kind byte, content string, pad int) string {
	h := appendHeader(nil, kind, len(content))
	h[6] = byte(pad)
	return string(h) + content + strings.Repeat("p", pad)
}

func finished(status byte) string {
	return said(endRequest, "\x00\x00\x00\x00"+string(status)+"\x00\x00\x00", 0)
}

func TestAnswers(t *testing.T) {
	const plain = "HTTP/1.1 200 OK\r\n"
	whole := finished(0)
	for _, c := range []struct {
		name, sent string
		want       string // after the status line's version, "Connection" aside
		fails      error
		log        string
	}{
		{name: "a page", sent: said(stdout, "Content-Type: text/html\r\n\r\nhello", 3) + said(stdout, "", 0) + whole, want: "200\r\nContent-Type: text/html\r\n\r\nhello"},
		{name: "lines that end in LF", sent: said(stdout, "A: b\n\nx", 0) + whole, want: "200\r\nA: b\r\n\r\nx"},
		{name: "a status", sent: said(stdout, "Status: 404 Not Found\r\nA: b\r\n\r\n", 0) + whole, want: "404\r\nA: b\r\n\r\n"},
		{name: "a redirect", sent: said(stdout, "Location: /x\r\n\r\n", 0) + whole, want: "302\r\nLocation: /x\r\n\r\n"},
		{name: "a head in pieces", sent: said(stdout, "A:", 7) + said(stdout, " b\r", 0) + said(stderr, "oh\nno", 1) + said(stdout, "\n\r", 0) + said(stdout, "\nbody", 0) + said(stdout, "more", 0) + whole,
			want: "200\r\nA: b\r\n\r\nbodymore", log: "oh|no"},
		{name: "no field at all", sent: said(stdout, "\r\nx", 0) + whole, want: "200\r\n\r\nx"},
		{name: "what belongs to a connection", sent: said(stdout, "Connection: x\r\nTransfer-Encoding: chunked\r\nUpgrade: y\r\nA: b\r\n\r\n", 0) + whole, want: "200\r\nA: b\r\n\r\n"},
		{name: "what follows the end", sent: said(stdout, "\r\nx", 0) + whole + "\x00\x00", want: "200\r\n\r\nx"},
		{name: "no end", sent: said(stdout, "\r\nx", 0), want: "200\r\n\r\nx", fails: io.ErrUnexpectedEOF},
		{name: "an end within a record", sent: said(stdout, "\r\nxyz", 0)[:12], want: "200\r\n\r\nxy", fails: io.ErrUnexpectedEOF},
		{name: "nothing", sent: "", fails: io.ErrUnexpectedEOF},
		{name: "an end without a head", sent: said(stderr, "dead\n", 0) + said(stdout, "A: b\r\n", 0) + whole, fails: io.ErrUnexpectedEOF, log: "dead"},
		{name: "refused", sent: finished(2), fails: errMalformed},
		{name: "no field", sent: said(stdout, "hello\r\n\r\n", 0) + whole, fails: errMalformed},
		{name: "an interim status", sent: said(stdout, "Status: 103\r\n\r\n", 0) + whole, fails: errMalformed},
		{name: "two statuses", sent: said(stdout, "Status: 200\r\nStatus: 201\r\n\r\n", 0) + whole, fails: errMalformed},
		{name: "no status", sent: said(stdout, "Status: fine\r\n\r\n", 0) + whole, fails: errMalformed},
		{name: "a head without end", sent: strings.Repeat(said(stdout, "A: "+strings.Repeat("b", 30000)+"\r\n", 0), 3) + whole, fails: errMalformed},
		{name: "another version", sent: "\x02" + said(stdout, "", 0)[1:], fails: errMalformed},
		{name: "another request", sent: "\x01\x06\x00\x02" + said(stdout, "", 0)[4:], fails: errMalformed},
		{name: "another record", sent: said(stdin, "x", 0), fails: errMalformed},
		{name: "more behind the end of stdout", sent: said(stdout, "\r\nx", 0) + said(stdout, "", 0) + said(stdout, "y", 0) + whole, want: "200\r\n\r\nx", fails: errMalformed},
		{name: "HTTP", sent: plain + "\r\n", fails: errMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, slowly := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.OneByteReader, iotest.DataErrReader} {
				var lines []string
				got, err := io.ReadAll(NewReader(slowly(strings.NewReader(c.sent)), func(line string) { lines = append(lines, line) }))
				text := strings.TrimPrefix(strings.Replace(string(got), "Connection: close\r\n", "", 1), "HTTP/1.1 ")
				if text != c.want || !errors.Is(err, c.fails) || c.fails == nil && err != nil {
					t.Errorf("%q, %v", text, err)
				}
				if log := strings.Join(lines, "|"); log != c.log {
					t.Errorf("the log says %q", log)
				}
			}
		})
	}
}

// TestInterrupted holds that a read which finds nothing yet harms nothing.
func TestInterrupted(t *testing.T) {
	sent := said(stdout, "A: b\r\n\r\nbody", 5) + said(stderr, "oh", 2) + said(stdout, "more", 0) + finished(0)
	r := NewReader(&hesitant{rest: sent}, nil)
	var got strings.Builder
	for buf := make([]byte, 7); ; {
		n, err := r.Read(buf)
		got.Write(buf[:n])
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, errWait) {
			t.Fatal(err)
		}
	}
	if !strings.HasSuffix(got.String(), "A: b\r\n\r\nbodymore") {
		t.Errorf("%q", got.String())
	}
}

var errWait = errors.New("not yet")

// hesitant gives a byte every other time.
type hesitant struct {
	rest  string
	ready bool
}

func (h *hesitant) Read(p []byte) (int, error) {
	if h.ready = !h.ready; !h.ready {
		return 0, errWait
	}
	n := copy(p[:1], h.rest)
	h.rest = h.rest[n:]
	return n, nil
}

// TestLog holds that an app cannot fill a log by one request.
func TestLog(t *testing.T) {
	lines, longest := 0, 0
	m := message{log: func(line string) { lines++; longest = max(longest, len(line)) }}
	for range 1000 {
		m.add([]byte(strings.Repeat("x", 3000)))
		m.add([]byte(strings.Repeat("x", 3000) + "\n\n"))
	}
	if m.flush(); lines != maxLines+1 || longest != maxLine {
		t.Errorf("%d lines, the longest of %d bytes", lines, longest)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(said(stdout, "Status: 200 OK\r\nA: b\r\n\r\nhello", 3) + said(stderr, "oh\n", 0) + finished(0))
	f.Add(said(stdout, "A: b\n", 0) + said(stdout, "\nx", 255) + said(stdout, "", 0) + finished(0))
	f.Fuzz(func(t *testing.T, sent string) {
		read := func(from io.Reader) (string, error) {
			got, err := io.ReadAll(NewReader(from, func(string) {}))
			return string(got), err
		}
		whole, err := read(strings.NewReader(sent))
		slow, failed := read(iotest.OneByteReader(strings.NewReader(sent)))
		if whole != slow || (err == nil) != (failed == nil) {
			t.Fatalf("%q %v, and slowly %q %v", whole, err, slow, failed)
		}
		head, _, ok := strings.Cut(whole, "\r\n\r\n")
		if whole != "" && (!ok || !strings.HasPrefix(head, "HTTP/1.1 ") || len(head) > maxHead+2*bufferSize+1000) {
			t.Fatalf("a head of %d bytes: %.100q", len(head), head)
		}
	})
}
