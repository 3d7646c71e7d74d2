package certificate

import (
	"bytes"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func open(t *testing.T, dir string, at time.Time) *Authority {
	t.Helper()
	a, err := openAuthority(dir, func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func issue(t *testing.T, a *Authority, hosts ...string) Pair {
	t.Helper()
	pair, err := a.Issue(hosts)
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

func TestIssueIsTrustedByTheRoot(t *testing.T) {
	cases := []struct {
		name   string
		hosts  []string
		covers []string
	}{
		{"names", []string{"vzine.us", "WWW.vzine.us."}, []string{"vzine.us", "www.vzine.us"}},
		{"localhost", []string{"localhost"}, []string{"localhost", "127.0.0.1", "::1"}},
		{"addresses", []string{"127.0.0.2", "[::1]"}, []string{"127.0.0.2", "::1", "[::1]"}},
		{"underscore", []string{"a_b.test"}, []string{"a_b.test"}},
		{"long name", []string{strings.Repeat("a", 60) + ".example"}, []string{strings.Repeat("a", 60) + ".example"}},
	}
	a := open(t, t.TempDir(), start)
	imported, err := os.ReadFile(a.RootFile())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(imported) {
		t.Fatal("the root is no PEM certificate")
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			pair := issue(t, a, c.hosts...)
			checkPair(t, pair)
			for _, host := range c.covers {
				if _, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: roots, CurrentTime: start}); err != nil {
					t.Errorf("%s: %v", host, err)
				}
			}
			if life := pair.Leaf.NotAfter.Sub(pair.Leaf.NotBefore); life > 397*day {
				t.Errorf("lives for %v", life)
			}
		})
	}
}

func TestIssueRefusesWhatIsNoHost(t *testing.T) {
	a := open(t, t.TempDir(), start)
	for _, hosts := range [][]string{nil, {""}, {"a b"}, {"a", "../x"}, {"é.test"}, {"a\n"}} {
		if _, err := a.Issue(hosts); err == nil {
			t.Errorf("%q was accepted", hosts)
		}
	}
}

func TestIssueReuses(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir, start)
	pair := issue(t, first, "a.test", "b.test")
	same := func(pair, other Pair) bool { return bytes.Equal(pair.PEM, other.PEM) }
	if !same(pair, issue(t, first, "b.test", "A.test", "a.test")) {
		t.Error("the same hosts in another order got another certificate")
	}
	later := open(t, dir, start.Add(366*day))
	if !first.root.Leaf.Equal(later.root.Leaf) {
		t.Error("the root does not last")
	}
	if !same(pair, issue(t, later, "a.test", "b.test")) {
		t.Error("not reused a month before it expires")
	}
	if same(pair, issue(t, later, "a.test", "c.test")) {
		t.Error("reused for other hosts")
	}
	late := open(t, dir, start.Add(368*day))
	renewed := issue(t, late, "a.test", "b.test")
	if same(pair, renewed) || !renewed.Leaf.NotAfter.After(start.Add(700*day)) {
		t.Error("not renewed within 30 days of its end")
	}
	if !same(renewed, issue(t, late, "a.test", "b.test")) {
		t.Error("the renewed one was not stored")
	}
}

func TestIssueReplacesADamagedLeaf(t *testing.T) {
	dir := t.TempDir()
	a := open(t, dir, start)
	issue(t, a, "a.test")
	files, err := filepath.Glob(filepath.Join(dir, "leaf-a.test-*.pem"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	write(t, dir, filepath.Base(files[0]), []byte("damaged"))
	checkPair(t, issue(t, a, "a.test"))
}

func TestRootIsRenewedWithItsLeaves(t *testing.T) {
	dir := t.TempDir()
	old := open(t, dir, start)
	pair := issue(t, old, "a.test")
	young := open(t, dir, start.Add(rootLife))
	if old.root.Leaf.Equal(young.root.Leaf) {
		t.Fatal("an expired root was kept")
	}
	renewed := issue(t, young, "a.test")
	if bytes.Equal(pair.PEM, renewed.PEM) || renewed.Leaf.CheckSignatureFrom(young.root.Leaf) != nil {
		t.Error("a leaf of the old root was kept")
	}
}

func TestDamagedRootIsAnError(t *testing.T) {
	for _, name := range []string{"root.crt", "root.key"} {
		dir := t.TempDir()
		open(t, dir, start)
		write(t, dir, name, []byte("damaged"))
		if _, err := OpenAuthority(dir); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	dir := t.TempDir()
	a := open(t, dir, start)
	leaf := issue(t, a, "a.test")
	write(t, dir, "root.crt", leaf.PEM)
	write(t, dir, "root.key", leaf.PEM)
	if _, err := OpenAuthority(dir); err == nil {
		t.Error("a leaf was taken for a root")
	}
}

func TestHalfWrittenRootIsMadeAgain(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, start)
	if err := os.Remove(filepath.Join(dir, "root.crt")); err != nil {
		t.Fatal(err)
	}
	issue(t, open(t, dir, start), "a.test")
}

// X2: keys are readable by their owner alone.
func TestFileModes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "ca")
	a := open(t, dir, start)
	issue(t, a, "a.test")
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		want := os.FileMode(0o600)
		if filepath.Join(dir, entry.Name()) == a.RootFile() {
			want = 0o644
		}
		if info.Mode() != want {
			t.Errorf("%s is %v", entry.Name(), info.Mode())
		}
	}
	if len(entries) != 4 {
		t.Errorf("%d files: temporary ones were left", len(entries))
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory: %v %v", info.Mode(), err)
	}
}

func TestConcurrentAuthorities(t *testing.T) {
	dir := t.TempDir()
	const workers = 8
	pairs, roots := make([]Pair, workers), make([][]byte, workers)
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() {
			a, err := OpenAuthority(dir)
			if err != nil {
				t.Error(err)
				return
			}
			roots[i] = a.root.Leaf.Raw
			if pairs[i], err = a.Issue([]string{"a.test"}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for i := range workers {
		if !bytes.Equal(pairs[i].PEM, pairs[0].PEM) || !bytes.Equal(roots[i], roots[0]) {
			t.Fatal("two openers got different certificates")
		}
	}
}

func TestOpenAuthorityErrors(t *testing.T) {
	file := write(t, t.TempDir(), "file", nil)
	if _, err := OpenAuthority(file); err == nil {
		t.Error("a file was taken for a directory")
	}
}
