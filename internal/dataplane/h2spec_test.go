package dataplane

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/summerwind/h2spec/config"
	"github.com/summerwind/h2spec/generic"
	"github.com/summerwind/h2spec/hpack"
	spec2 "github.com/summerwind/h2spec/http2"
	"github.com/summerwind/h2spec/spec"

	"edgegen/internal/site"
)

// The public suite h2spec, strict cases included.
func TestHTTP2Spec(t *testing.T) {
	model := simple(t, app(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "an answer of more than five bytes")
	}))
	e := start(t, changed(model, func(n *site.Edge) { n.Sites[0].Host = "127.0.0.1" }))
	host, port, err := net.SplitHostPort(e.https)
	if err != nil {
		t.Fatal(err)
	}
	number, _ := strconv.Atoi(port)
	c := &config.Config{Host: host, Port: number, Path: "/", Timeout: 5 * time.Second, MaxHeaderLen: 4000, TLS: true, Insecure: true, Strict: true}
	passed := 0
	for _, group := range []*spec.TestGroup{generic.Spec(), spec2.Spec(), hpack.Spec()} {
		group.Test(c)
		passed += group.PassedCount
		failures(t, group)
	}
	if passed < 145 {
		t.Errorf("%d passed", passed)
	}
}

// failures reports what of a group was not passed.
func failures(t *testing.T, group *spec.TestGroup) {
	for i, one := range append(group.Tests, group.StrictTests...) {
		if r := one.Result; r != nil && (r.Failed || r.Skipped) {
			t.Errorf("%s/%d %s: %v", group.ID(), i+1, one.Desc, r.Error)
		}
	}
	for _, inner := range group.Groups {
		failures(t, inner)
	}
}
