package proxyheader

import (
	"bufio"
	"bytes"
	"testing"
)

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET", "PROXY TCP6 ::1 ::2 1 2\r\n", "PROXY UNKNOWN\r\n", "PROXY ",
		"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\x09\x08\x07\x06\x01\x02\x03\x04\x10\x00\x01\xbb", "\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		from, err := Read(bufio.NewReaderSize(bytes.NewReader(in), 512))
		if err == nil && (!from.Peer.IsValid() || from.Peer.Is4In6()) {
			t.Fatalf("%q: %v", in, from.Peer)
		}
	})
}

// FuzzTake holds that a header is taken whole, and nothing behind it.
func FuzzTake(f *testing.F) {
	for _, seed := range []string{"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET", "PROXY UNKNOWN\r\n\r\n", "PROXY UNKNOWN ", "GET / HTTP/1.1\r\n",
		"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\x09\x08\x07\x06\x01\x02\x03\x04\x10\x00\x01\xbbGET", "\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00", "\r\n\r\n\x00\r\nQUIT\n\x21\x11\xff\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		rest := bytes.NewReader(in)
		header, err := Take(rest)
		if err != nil {
			return
		}
		if !bytes.HasPrefix(in, header) || len(header)+rest.Len() != len(in) || len(header) > twoMost+16 {
			t.Fatalf("%q of %q, and %d bytes are left", header, in, rest.Len())
		}
		whole := bufio.NewReaderSize(bytes.NewReader(in), 512)
		alone, failed := Read(bufio.NewReader(bytes.NewReader(header)))
		other, err := Read(whole)
		if (failed == nil) != (err == nil) || alone != other {
			t.Fatalf("%q: %v %v, and of the whole %v %v", in, alone, failed, other, err)
		}
	})
}
