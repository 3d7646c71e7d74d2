package compare

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/andybalholm/brotli"
)

// result is what came of one step.
type result struct {
	status  int
	header  http.Header
	body    string
	interim []int
	broken  bool   // it did not come to its end
	problem string // what else is wrong
}

// differs says in what two results are not alike.
func (r result) differs(o result, mark, other string, framed bool) []string {
	if r.broken && o.broken {
		return nil // how much came of it is a matter of timing
	}
	var out []string
	add := func(what string, x, y any) {
		a, b := strings.ReplaceAll(fmt.Sprint(x), mark, "MARK"), strings.ReplaceAll(fmt.Sprint(y), other, "MARK")
		if a != b {
			out = append(out, fmt.Sprintf("%s: in the sequence %.300s, alone %.300s", what, a, b))
		}
	}
	add("problem", r.problem, o.problem)
	add("broken", r.broken, o.broken)
	for _, one := range []*result{&r, &o} {
		one.unpack()
	}
	add("interim", r.interim, o.interim)
	add("status", r.status, o.status)
	if r.body != o.body && len(r.body) == len(o.body) {
		add("body", r.body, o.body)
	} else if r.body != o.body {
		add("length of body", len(r.body), len(o.body))
	}
	for name := range union(r.header, o.header) {
		switch name {
		case "Date", "Age", "Connection", "Keep-Alive", "X-Request-Id":
			continue
		case "Framing", "Content-Length":
			if !framed {
				continue
			}
		}
		add(name, r.header.Values(name), o.header.Values(name))
	}
	return out
}

// unpack makes the body what it was before it was compressed: how much is compressed at a
// time is a matter of timing.
func (r *result) unpack() {
	var from io.Reader = strings.NewReader(r.body)
	var err error
	switch r.header.Get("Content-Encoding") {
	case "gzip":
		from, err = gzip.NewReader(from)
	case "br":
		from = brotli.NewReader(from)
	default:
		return
	}
	if err != nil {
		return // it is empty, or not what it says: compared as it is
	}
	if body, err := io.ReadAll(from); err == nil {
		r.body = string(body)
	}
	r.header.Del("Content-Length")
}

func union(a, b http.Header) map[string]bool {
	all := map[string]bool{}
	for _, h := range []http.Header{a, b} {
		for name := range h {
			all[http.CanonicalHeaderKey(name)] = true
		}
	}
	return all
}
