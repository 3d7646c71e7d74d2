package trust

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"edgegen/internal/certificate"
)

// machine is one whose stores are the test's own, and read by the machine's tools.
func machine(t *testing.T) (m Machine, store string) {
	t.Helper()
	update, err := exec.LookPath("update-ca-certificates")
	if err != nil {
		t.Skip("update-ca-certificates is not installed: ca-certificates has it")
	}
	dir := t.TempDir()
	for _, name := range []string{"anchors", "store", "none", "hooks", "home/.pki/nssdb"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(at("conf"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return Machine{Anchors: at("anchors"), Home: at("home"), Update: []string{update, "--certsconf", at("conf"), "--certsdir", at("none"),
		"--localcertsdir", at("anchors"), "--etccertsdir", at("store"), "--hooksdir", at("hooks")}}, at("store")
}

func root(t *testing.T) Root {
	t.Helper()
	authority, err := certificate.OpenAuthority(filepath.Join(t.TempDir(), "ca"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open(authority.RootFile())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func states(steps []Step) (states []State) {
	for _, s := range steps {
		states = append(states, s.State)
	}
	return states
}

// V5: the root is put into the stores once, taken out again, and a stranger's is left
// alone.
func TestV5Stores(t *testing.T) {
	m, store := machine(t)
	mine, other := root(t), root(t)
	browser := 0
	if _, err := exec.LookPath(certutil); err == nil {
		browser = 1
		if said, err := exec.Command(certutil, "-N", "--empty-password", "-d", "sql:"+filepath.Join(m.Home, ".pki/nssdb")).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
	}
	want := func(what string, steps []Step, state State) {
		t.Helper()
		if got := states(steps[:1+browser]); slices.ContainsFunc(got, func(s State) bool { return s != state }) {
			t.Errorf("%s: %+v", what, steps)
		}
	}
	believed := func(r Root) bool {
		bundle, err := os.ReadFile(filepath.Join(store, "ca-certificates.crt"))
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Contains(bundle, r.text)
	}
	want("add", m.Add(t.Context(), mine), Added)
	want("add again", m.Add(t.Context(), mine), Already)
	want("add another", m.Add(t.Context(), other), Added)
	if !believed(mine) || !believed(other) {
		t.Error("the system does not believe them")
	}
	want("remove", m.Remove(t.Context(), mine), Removed)
	want("remove again", m.Remove(t.Context(), mine), Absent)
	if believed(mine) || !believed(other) {
		t.Error("the wrong one was removed")
	}
}

// V5: a tool that fails, or is not there, is told of, and what is no root is refused.
func TestV5NoStores(t *testing.T) {
	m, _ := machine(t)
	r := root(t)
	m.Update = []string{"false"}
	if s := m.Add(t.Context(), r)[0]; s.State != Failed || !strings.Contains(s.Detail, "false: exit status 1") {
		t.Errorf("%+v", s)
	}
	m.Update = []string{"no-such-tool"}
	if s := m.Add(t.Context(), r)[0]; s.State != Left || !strings.Contains(s.Remedy, r.File) {
		t.Errorf("%+v", s)
	}
	dir := t.TempDir()
	if _, err := Open(filepath.Join(dir, "root.crt")); !errors.Is(err, ErrNoRoot) {
		t.Errorf("no file: %v", err)
	}
	file := filepath.Join(dir, "text")
	if err := os.WriteFile(file, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(file); err == nil {
		t.Error("text was taken for a root")
	}
}
