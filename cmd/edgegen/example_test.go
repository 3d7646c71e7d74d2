package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"edgegen/test/party"
)

// TestV4Examples runs the examples of the help texts, for the site of the article.
// Every verb has one. Those that need an edge are run in test/lifecycle.
func TestV4Examples(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	directory, empty := copied(t, "../../examples/article"), copied(t, "../../examples/article/public")
	manifests := t.TempDir()
	if err := os.CopyFS(filepath.Join(manifests, "manifests"), os.DirFS("../../examples/gateway")); err != nil {
		t.Fatal(err)
	}
	client := (*party.Party)(nil).Signs(t, 1, party.Authority("alice"))
	if err := errors.Join(os.Mkdir(filepath.Join(empty, "public"), 0o755), os.WriteFile(filepath.Join(directory, "alice.pem"), []byte(client.Chain), 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, c := range newRoot(streams{}).Commands() {
		if c.Example == "" && c.Name() != "help" {
			t.Errorf("%s --help has no example", c.Name())
		}
		for line := range strings.Lines(c.Example) {
			t.Run(strings.TrimSpace(line), func(t *testing.T) {
				t.Chdir(directory)
				switch c.Name() {
				case "up", "status", "top", "plan", "reload", "purge", "drain", "stop":
					t.Skip("it needs an edge that runs")
				case "trust":
					t.Skip("it is about this machine") // internal/trust has machines of its own
				case "init":
					t.Chdir(empty)
				case "gateway":
					t.Chdir(manifests)
				}
				if strings.Contains(line, "--live") {
					t.Skip("it needs an edge that runs")
				}
				var out, problems bytes.Buffer
				command, _, _ := strings.Cut(line, " > ")
				command, _, _ = strings.Cut(command, " < ")
				arguments := words(strings.TrimSpace(command))
				code := run(context.Background(), arguments[1:], streams{in: strings.NewReader(""), out: &out, err: &problems})
				// What this machine lacks doctor fails for.
				if code != exitDone && (c.Name() != "doctor" || code != exitFailed) {
					t.Errorf("exit code %d\n%s", code, problems.String())
				}
			})
		}
	}
}

// copied is a copy of a directory that whoever serves files may read.
func copied(t *testing.T, directory string) string {
	t.Helper()
	to, err := os.MkdirTemp("", "example-") // the test's own directory is for its user alone
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(to); err != nil {
			t.Error(err)
		}
	})
	if err := os.CopyFS(to, os.DirFS(directory)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(to, 0o755); err != nil {
		t.Fatal(err)
	}
	return to
}

// TestV2Examples runs the tests of the examples.
func TestV2Examples(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	files, err := filepath.Glob("../../examples/*/*.edgetest.hcl")
	presets, failed := filepath.Glob("../../examples/presets/*/*.edgetest.hcl")
	if err := errors.Join(err, failed); err != nil || len(files) < 4 || len(presets) < 4 {
		t.Fatalf("%d examples and %d presets have tests: %v", len(files), len(presets), err)
	}
	for _, file := range slices.Concat(files, presets) {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			var out, problems bytes.Buffer
			arguments := []string{"test", "-v", "--engine", "builtin", copied(t, filepath.Dir(file))}
			if code := run(context.Background(), arguments, streams{in: strings.NewReader(""), out: &out, err: &problems}); code != 0 {
				t.Errorf("exit code %d\n%s%s", code, out.String(), problems.String())
			}
		})
	}
}

// words splits a command line as a shell does that knows single quotes alone.
func words(line string) (all []string) {
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			all = append(all, part)
			continue
		}
		all = append(all, strings.Fields(part)...)
	}
	return all
}
