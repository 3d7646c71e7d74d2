package supervise

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBookLines(t *testing.T) {
	marker := strings.Repeat("0a", markerLength/2)
	text := strings.Join([]string{
		"instance " + marker + " 5 boot-id",
		"guardian 50 7",
		`group 60 8 40 "web server\n"`,
		`group 61 9 40 "app"`,
		`group 61 9 40 "app"`,
		`path "/run/edge/a b"`,
		"gone 60 8",
		"gone 61 1",
		`path "/run/edge/new\nline"`,
		"goodbye",
		"after the goodbye",
	}, "\n") + "\n"
	var b book
	if err := b.read(strings.NewReader(text), func(err error) { t.Error(err) }); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"instance " + marker + " 5 boot-id",
		"guardian 50 7",
		`group 61 9 40 "app"`,
		`path "/run/edge/a b"`,
		`path "/run/edge/new\nline"`,
		"goodbye",
	}
	if diff := cmp.Diff(want, b.lines()); diff != "" {
		t.Error(diff)
	}
}

func TestBookRefuses(t *testing.T) {
	for _, line := range []string{
		"", "what", "kept \"/tmp/x\"", "group", "group 1 2 3 \"init\"", "group 0 2 3 \"x\"", "group -1 2 3 \"x\"", "group 9 2 3 x",
		"group 9 -2 3 \"x\"", "gone 9", "gone x 1", "guardian 1 1", "instance short 1 b", "instance", "instance " + strings.Repeat("a", markerLength) + " x b",
		`path "/"`, `path "/tmp"`, `path "tmp/x"`, `path "/tmp/../etc"`, `path "/tmp/x/"`, `path ""`, "path /tmp/x",
		`path "/tmp/` + strings.Repeat("x", longestPath) + `"`,
	} {
		var b book
		if err := b.apply(line); err == nil {
			t.Errorf("%.60q: no error", line)
		}
		if got := b.lines(); len(got) != 0 {
			t.Errorf("%.60q: changed the book to %q", line, got)
		}
	}
}

func TestBookSurvivesBadStreams(t *testing.T) {
	good := `path "/tmp/x/y"`
	tests := []struct {
		name, text string
		complaints int
		lines      []string
	}{
		{"cut off", good + "\npath \"/tmp/x/z\"", 0, []string{good}},
		{"too long a line", strings.Repeat("x", 3*longestLine) + "\n" + good + "\n", 1, []string{good}},
		{"too long to the end", good + "\n" + strings.Repeat("x", 3*longestLine), 1, []string{good}},
		{"binary", "\x00\xff\n" + good + "\n", 1, []string{good}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var b book
			complaints := 0
			if err := b.read(strings.NewReader(test.text), func(error) { complaints++ }); err != nil {
				t.Fatal(err)
			}
			if complaints != test.complaints || !slices.Equal(b.lines(), test.lines) {
				t.Errorf("%d complaints, lines %q", complaints, b.lines())
			}
		})
	}
}

// FuzzBook checks that what is read is written so that it reads the same, and
// that nothing dangerous is ever in a book.
func FuzzBook(f *testing.F) {
	f.Add("group 61 9 40 \"app\"\npath \"/a/b\"\ngoodbye\n")
	f.Add("instance " + strings.Repeat("a", markerLength) + " 3 b\nguardian 7 7\n")
	f.Add("path \"/a/b\"\ngone 2 2\n")
	f.Fuzz(func(t *testing.T, text string) {
		var first, second book
		if err := first.read(strings.NewReader(text), func(error) {}); err != nil {
			t.Fatal(err)
		}
		for _, g := range first.groups {
			if g.leader.pid <= 1 {
				t.Errorf("group %v", g)
			}
		}
		for _, path := range first.paths {
			if checkPath(path) != nil {
				t.Errorf("path %q", path)
			}
		}
		again := strings.Join(first.lines(), "\n") + "\n"
		err := second.read(strings.NewReader(again), func(err error) {
			if again != "\n" {
				t.Error(err)
			}
		})
		if err != nil || !slices.Equal(first.lines(), second.lines()) {
			t.Errorf("%q became %q, %v", first.lines(), second.lines(), err)
		}
	})
}
