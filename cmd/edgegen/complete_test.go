package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// Completion offers what the language has.
func TestComplete(t *testing.T) {
	for _, c := range []struct {
		typed, offered, without string
	}{
		{"up --engine tls=", "tls=stunnel", "native"},
		{"doctor --engine tls=builtin,", "tls=builtin,cache=varnish", "tls=builtin,tls="},
		{"up --engine ", "web=nginx", "web=varnish"},
		{"up ", "hcl", "auto"},
		{"", "schema", "hcl"},
	} {
		t.Run(c.typed, func(t *testing.T) {
			var out, problems bytes.Buffer
			arguments := append([]string{"__complete"}, strings.Split(c.typed, " ")...)
			if code := run(context.Background(), arguments, streams{in: strings.NewReader(""), out: &out, err: &problems}); code != 0 {
				t.Fatalf("exit code %d: %s", code, problems.String())
			}
			if !strings.Contains(out.String(), c.offered) || strings.Contains(out.String(), c.without) {
				t.Errorf("%s", out.String())
			}
		})
	}
}
