package main

import (
	"bytes"
	"context"
	"errors"
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
	whole := filepath.Join(t.TempDir(), "whole.hcl")
	text := "site \"a.test\" {\n  aliases = [\"www.a.test\"]\n  hosts = [\"*.a.test\"]\n  tls { self_signed = true }\n  backend \"app\" { servers = [\"127.0.0.1:1\"] }\n  route \"/ws\" { backend = \"app\" }\n}\n"
	tests := "test \"a room (small)\" {\n  request { url = \"https://a.test/\" }\n  expect { status = 200 }\n}\n"
	if err := errors.Join(os.WriteFile(whole, []byte(text), 0o600), os.WriteFile(filepath.Join(filepath.Dir(whole), "a.edgetest.hcl"), []byte(tests), 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		typed, offered, without string
	}{
		{"graph WHOLE --site ", "a.test", "www"},
		{"graph --format ", "svg", "png"},
		{"test WHOLE --run ", `a room \(small\)`, "https"},
		{"up --engine tls=", "tls=stunnel", "native"},
		{"doctor --engine tls=builtin,", "tls=builtin,cache=varnish", "tls=builtin,tls="},
		{"up --engine ", "web=nginx", "web=varnish"},
		{"up ", "hcl", "auto"},
		{"up --templates ", ":16", "hcl"},
		{"status --state-dir ", ":16", "hcl"},
		{"render --only ", "nginx", "builtin"},
		{"", "schema", "hcl"},
		{"validate SITE --var ", "domain=", "shop"},
		{"validate SITE --var x", ":6", "domain="},
	} {
		t.Run(c.typed, func(t *testing.T) {
			var out, problems bytes.Buffer
			arguments := append([]string{"__complete"}, strings.Split(strings.NewReplacer("SITE", site, "WHOLE", whole).Replace(c.typed), " ")...)
			if code := run(context.Background(), arguments, streams{in: strings.NewReader(""), out: &out, err: &problems}); code != 0 {
				t.Fatalf("exit code %d: %s", code, problems.String())
			}
			if !strings.Contains(out.String(), c.offered) || strings.Contains(out.String(), c.without) {
				t.Errorf("%s", out.String())
			}
		})
	}
}
