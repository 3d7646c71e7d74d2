package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExamples runs the examples of the help texts, for the site of the article.
func TestExamples(t *testing.T) {
	t.Chdir(copied(t, "../../examples/article"))
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	tried := 0
	for _, c := range newRoot(streams{}).Commands() {
		for line := range strings.Lines(c.Example) {
			if strings.TrimSpace(line) == "" || strings.Contains(line, "--live") {
				continue // that one asks an edge that runs
			}
			var out, problems bytes.Buffer
			arguments := words(strings.TrimSpace(line))
			if code := run(context.Background(), arguments[1:], streams{in: strings.NewReader(""), out: &out, err: &problems}); code != 0 || out.Len() == 0 {
				t.Errorf("%s: exit code %d\n%s", line, code, problems.String())
			}
			tried++
		}
	}
	if tried < 3 {
		t.Errorf("%d examples were found", tried)
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
	if err != nil || len(files) < 4 {
		t.Fatalf("%d examples have tests: %v", len(files), err)
	}
	for _, file := range files {
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
