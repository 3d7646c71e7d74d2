package config

import (
	"testing"
)

// The error of a refused site shows its first error, not a warning before it.
func TestRefused(t *testing.T) {
	found := &Findings{Loaded: &Loaded{}}
	found.All = Diagnostics{{Severity: Warning, Summary: "old", File: "a.hcl", Line: 1}}
	if err := found.Refusal(); err != nil {
		t.Error(err)
	}
	found.All = append(found.All, Diagnostic{Severity: Error, Summary: "wrong", File: "a.hcl", Line: 7})
	if err := found.Refusal(); err == nil || err.Error() != "a.hcl:7: wrong" {
		t.Error(err)
	}
}

// TestUnreadableRoutes holds that routes without a readable path are told each, also where
// they stand together.
func TestUnreadableRoutes(t *testing.T) {
	path := writeSite(t, `edge {
  http = [":8080"]
  engine { tls = "off" }
}
site "a.example" {
  route "a b" { redirect { to = "/" } }
  route "c d" {
    match { methods = ["GET"] }
    redirect { to = "/" }
  }
}
`)
	_, diagnostics := Load(path)
	if got := diagnostics.count(Error); got != 2 {
		t.Errorf("%d problems: %v", got, diagnostics)
	}
}
