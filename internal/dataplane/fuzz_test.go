package dataplane

import (
	"bufio"
	"bytes"
	"strings"
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

func FuzzPath(f *testing.F) {
	for _, seed := range []string{"/", "/a/../b", "/%2e%2e/", "/a%2f..%2f", "/%00", "/\x00", "/..%5c", "/.well-known/x?..", "//", "/a%2f/%2F/b//"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, target string) {
		path, status := decodePath(target)
		if status != 200 {
			return
		}
		if !strings.HasPrefix(path, "/") || strings.ContainsRune(path, 0) || strings.Contains(path+"/", "/../") || strings.Contains(path+"/", "/./") || strings.Contains(path, "//") {
			t.Fatalf("%q gives %q", target, path)
		}
	})
}
