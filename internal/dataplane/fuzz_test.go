package dataplane

import (
	"bufio"
	"bytes"
	"testing"
)

func FuzzProxyHeader(f *testing.F) {
	for _, seed := range []string{"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET", "PROXY TCP6 ::1 ::2 1 2\r\n", "PROXY UNKNOWN\r\n", "PROXY ",
		"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\x09\x08\x07\x06\x01\x02\x03\x04\x10\x00\x01\xbb", "\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		from, err := readProxy(bufio.NewReaderSize(bytes.NewReader(in), 512))
		if err == nil && (!from.peer.IsValid() || from.peer.Is4In6()) {
			t.Fatalf("%q: %v", in, from.peer)
		}
	})
}
