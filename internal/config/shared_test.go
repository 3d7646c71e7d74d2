package config

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"edgegen/internal/site"
)

// sharing loads a site whose edge block lies over that of a file in another directory.
func sharing(t *testing.T, shared, own string, beside map[string]string) (*Loaded, Diagnostics) {
	t.Helper()
	common, home := t.TempDir(), t.TempDir()
	writeCertificates(t, common)
	beside["edge.hcl"] = shared
	for name, text := range beside {
		if err := os.WriteFile(filepath.Join(common, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(home, "site.hcl"), []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	reader := NewReader(filepath.Join(home, "site.hcl"), nil)
	reader.Share(filepath.Join(common, "edge.hcl"))
	return reader.Load()
}

const sharer = `edge {
  http = ["127.0.0.1:8080"]
  engine {
    tls = "off"
  }
}
site "a.example" {
  route "/" {
    redirect { to = "https://b.example/" }
  }
}
`

// TestShared holds that an edge has what the shared file says, but for what its own says,
// and that what it names is found beside the shared file.
func TestShared(t *testing.T) {
	loaded, diagnostics := sharing(t, `variable "level" {
  type    = string
  default = "warn"
}
edge {
  trusted_proxies = ["10.0.0.0/8"]
  engine {
    tls   = "stunnel"
    cache = "builtin"
  }
  timeouts { drain = "7s" }
  log {
    access = "access.log"
    level  = var.level
  }
  acme { ca_root = "certs/server.crt" }
  metrics {}
  limits { connections = tonumber(trimspace(file("connections"))) }
}
`, sharer, map[string]string{"connections": "64\n"})
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	e := loaded.Edge
	if e.Engine.TLS != site.Off || e.Engine.Cache != site.Builtin || e.Timeout.Drain != 7*time.Second || e.Log.Level != "warn" || e.Limits.Connections != 64 || len(e.Trusted) != 1 || e.Metrics == nil {
		t.Errorf("%+v", e)
	}
	if at := slices.IndexFunc(loaded.Files, func(f string) bool { return filepath.Base(f) == "edge.hcl" }); at < 0 || e.Log.Access != filepath.Join(filepath.Dir(loaded.Files[at]), "access.log") {
		t.Errorf("the access log is %q, and the files are %q", e.Log.Access, loaded.Files)
	}
}

// TestSharedRefused holds that a shared file is refused where it says what edges do not
// share, at its own lines.
func TestSharedRefused(t *testing.T) {
	for name, c := range map[string]struct{ shared, want string }{
		"a site":      {"edge {}\nsite \"b.example\" {\n  route \"/\" {\n    redirect { to = \"https://b.example/\" }\n  }\n}\n", "edge.hcl:2: a site, in a file that several edges share"},
		"listeners":   {"edge {\n  https = [\":444\"]\n}\n", "edge.hcl:2: https, in a file that several edges share"},
		"metrics":     {"edge {\n  metrics {\n    listen = \":9145\"\n  }\n}\n", "edge.hcl:3: listen, in a file that several edges share"},
		"a store":     {"edge {\n  cache_storage {\n    size = \"1GiB\"\n    type = \"file\"\n    path = \"cache.bin\"\n  }\n}\n", "edge.hcl:4: type, in a file that several edges share"},
		"a typo":      {"edge {\n  trusted_proxy = [\"10.0.0.0/8\"]\n}\n", "edge.hcl:2: an edge block has no argument"},
		"twice":       {"edge {}\nedge {}\n", "edge.hcl:2: a second edge block"},
		"no HCL":      {"edge {\n", "edge.hcl:"},
		"other block": {"edge {\n  cashe {}\n}\n", "edge.hcl:2: an edge block has no block"},
	} {
		loaded, diagnostics := sharing(t, c.shared, sharer, map[string]string{})
		if loaded.Edge != nil || len(diagnostics) == 0 {
			t.Errorf("%s: it is not refused", name)
			continue
		}
		d := diagnostics[slices.IndexFunc(diagnostics, func(d Diagnostic) bool { return d.Severity == Error })]
		said := filepath.Base(d.File) + ":" + strconv.Itoa(d.Line) + ": " + d.Summary
		if !strings.HasPrefix(said, strings.TrimSuffix(c.want, ":")) {
			t.Errorf("%s: %s, want %s", name, said, c.want)
		}
	}
	reader := NewReader(filepath.Join(t.TempDir(), "site.hcl"), nil)
	reader.Share(filepath.Join(t.TempDir(), "edge.hcl"))
	if _, diagnostics := reader.Load(); len(diagnostics) != 2 || !strings.HasSuffix(diagnostics[0].File, "edge.hcl") && !strings.HasSuffix(diagnostics[1].File, "edge.hcl") {
		t.Errorf("a file that is not there: %v", diagnostics)
	}
}
