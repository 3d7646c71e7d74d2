package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// TestExamples runs the examples of the help texts, for the site of the article.
func TestExamples(t *testing.T) {
	t.Chdir("../../examples/article")
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
