package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Completion offers what the language has.
func TestComplete(t *testing.T) {
	site := filepath.Join(t.TempDir(), "site.hcl")
	if err := os.WriteFile(site, []byte("variable \"domain\" {}\nlocals { shop = 1 }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		typed, offered, without string
	}{
		{"up --engine tls=", "tls=stunnel", "native"},
		{"doctor --engine tls=builtin,", "tls=builtin,cache=varnish", "tls=builtin,tls="},
		{"up --engine ", "web=nginx", "web=varnish"},
		{"up ", "hcl", "auto"},
		{"", "schema", "hcl"},
		{"validate SITE --var ", "domain=", "shop"},
		{"validate SITE --var x", ":6", "domain="},
	} {
		t.Run(c.typed, func(t *testing.T) {
			var out, problems bytes.Buffer
			arguments := append([]string{"__complete"}, strings.Split(strings.Replace(c.typed, "SITE", site, 1), " ")...)
			if code := run(context.Background(), arguments, streams{in: strings.NewReader(""), out: &out, err: &problems}); code != 0 {
				t.Fatalf("exit code %d: %s", code, problems.String())
			}
			if !strings.Contains(out.String(), c.offered) || strings.Contains(out.String(), c.without) {
				t.Errorf("%s", out.String())
			}
		})
	}
}
