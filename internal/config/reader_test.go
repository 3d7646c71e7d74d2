package config

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
)

// TestReaderIsAFreshLoad changes a site at random and holds a Reader's load
// against one that remembers nothing and parses every file as a whole.
func TestReaderIsAFreshLoad(t *testing.T) {
	made := certificates(t)
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWorld(t, made, rand.New(rand.NewPCG(seed, 0)).IntN)
			reader := newReader(w.dir, func() time.Time { return w.now })
			served := 0
			for range 40 {
				w.change()
				if w.compare(reader) {
					served++
				}
			}
			if served < 3 {
				t.Errorf("the site was good %d times: too little was remembered", served)
			}
		})
	}
}

// FuzzReader is the same with choices that a fuzzer makes. A load takes
// milliseconds: fuzz it with -fuzzminimizetime 1x.
func FuzzReader(f *testing.F) {
	made := certificates(f)
	for seed := range uint64(4) {
		random := rand.New(rand.NewPCG(seed, 1))
		choices := make([]byte, 60)
		for i := range choices {
			choices[i] = byte(random.IntN(256))
		}
		f.Add(choices)
	}
	f.Fuzz(func(t *testing.T, choices []byte) {
		next := func(n int) int {
			if len(choices) == 0 {
				return 0
			}
			choice := int(choices[0]) % n
			choices = choices[1:]
			return choice
		}
		w := newWorld(t, made, next)
		reader := newReader(w.dir, func() time.Time { return w.now })
		for range 10 {
			if len(choices) == 0 {
				return
			}
			w.change()
			w.compare(reader)
		}
	})
}

// A Reader does remember: otherwise it would be right, and slow.
func TestReaderRemembers(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "site.hcl")
	writeCertificates(t, dir)
	reader := newReader(path, testNow)
	remembered := func(text string) map[string]*remembered {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		reader.Load()
		return reader.memory.sites[path]
	}
	text := manySites(20)
	first := remembered(text)
	if len(first) != 20 {
		t.Fatalf("%d blocks are remembered", len(first))
	}
	for name, c := range map[string]struct {
		text  string
		anew  int
		total int
	}{
		"unchanged":                {text, 0, 20},
		"one route changed":        {strings.Replace(text, "/new", "/newer", 1), 1, 20},
		"lines inserted at top":    {"# a\n# b\n" + text, 0, 20},
		"a comment inside":         {strings.Replace(text, "  route", "  # x\n  route", 1), 1, 20},
		"a block on one line":      {text + strings.Join(strings.Fields(minimal), " ") + "\n", 1, 21},
		"an unknown argument":      {strings.Replace(text, "  aliases", "  alias", 1), 0, 19},
		"two blocks in a piece":    {text + " " + minimal, 0, 19},
		"an error in one site":     {strings.Replace(text, "websocket", "websockets", 1), 0, 19},
		"an error of syntax":       {text + "}", 0, 20},
		"the last site taken away": {text[:strings.LastIndex(text, "site")], 0, 19},
	} {
		t.Run(name, func(t *testing.T) {
			before, after := remembered(text), remembered(c.text)
			anew := 0
			for text, known := range after {
				if before[text] != known {
					anew++
				}
			}
			if anew != c.anew || len(after) != c.total {
				t.Errorf("%d of %d blocks were decoded, not %d of %d", anew, len(after), c.anew, c.total)
			}
		})
	}
}

// R4: a certificate that is written in place, at the same size and within one
// step of the file system's clock, is read again.
func TestReaderSeesEveryCertificate(t *testing.T) {
	dir := t.TempDir()
	writeCertificates(t, dir)
	path := filepath.Join(dir, "site.hcl")
	if err := os.WriteFile(path, []byte(manySites(1)), 0o600); err != nil {
		t.Fatal(err)
	}
	reader := newReader(path, testNow)
	reader.Load()
	for _, name := range []string{"expired.crt", "soon.crt", "server.key", "future.crt"} {
		content, err := os.ReadFile(filepath.Join(dir, "certs", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "certs", "server.crt"), content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, got := reader.Load()
		if _, want := loadWhole(path, testNow); cmp.Diff(want, got) != "" {
			t.Errorf("%s: %s", name, cmp.Diff(want, got))
		}
	}
}

// A message that names another line would be wrong when that line has moved.
func TestNoteIsSpoiltByAnotherPlace(t *testing.T) {
	l := newLoader(t.TempDir(), testNow)
	l.sources["site.hcl"] = newSource("site.hcl", "site.hcl", "/site.hcl", []byte(minimal))
	l.note = &note{}
	l.warnAt(hcl.Range{Filename: "site.hcl"}, "", "a warning")
	if l.note.spoilt {
		t.Error("a warning spoils it")
	}
	l.warnAt(hcl.Range{Filename: "site.hcl"}, "", "another is at %s", l.where(hcl.Range{Filename: "site.hcl"}))
	if !l.note.spoilt {
		t.Error("the place of something else does not spoil it")
	}
}

func TestReadingHolds(t *testing.T) {
	was := sight{settled: true, stamp: stamp{inode: 1, size: 2}}
	renewed := sight{settled: true, stamp: stamp{inode: 3, size: 2}}
	unsettled := sight{stamp: was.stamp}
	for _, c := range []struct {
		name                   string
		certificate, key       sight
		nowCertificate, nowKey sight
		err                    error
		want                   bool
	}{
		{"the same files", was, was, was, was, nil, true},
		{"another certificate", was, was, renewed, was, nil, false},
		{"another key", was, was, was, renewed, nil, false},
		{"a certificate read while it was new", unsettled, was, was, was, nil, false},
		{"a key read while it was new", was, unsettled, was, was, nil, false},
		{"an error", was, was, was, was, os.ErrPermission, false},
	} {
		before := &reading{certificate: c.certificate, key: c.key, err: c.err}
		if got := before.holds(&reading{certificate: c.nowCertificate, key: c.nowKey}); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
