package lastgood

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Certificates that are not those of the model are an error; sites may share one.
func TestLastGoodCertificates(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "last-good")
	g := mustCertify(t, t.TempDir(), "a.test")
	shared := g.Loaded.Edge.Sites[0]
	shared.Host = "b.test"
	g.Loaded.Edge.Sites, g.Pairs = append(g.Loaded.Edge.Sites, shared), append(g.Pairs, g.Pairs[0])
	g.Model = g.Loaded.Edge.Meaning()
	if err := Store(dir, g); err != nil {
		t.Fatal(err)
	}
	onlyCurrent(t, dir, 1)
	loaded, _, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range loaded.Edge.Sites {
		if pairs, ok := loaded.Pairs(s.TLS); !ok || pairs[0].Leaf.VerifyHostname("a.test") != nil {
			t.Errorf("%s has the certificates %s", s.Host, pairs)
		}
	}
	file := filepath.Join(dir, currentLink, pairsFile)
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"nothing":      "",
		"null":         "null",
		"half of it":   string(good[:len(good)/2]),
		"a site less":  strings.Replace(string(good), "[[0],[0]]", "[[0]]", 1),
		"none for one": strings.Replace(string(good), "[[0],[0]]", "[[0],[]]", 1),
		"another one":  strings.Replace(string(good), "[[0],[0]]", "[[0],[1]]", 1),
		"before all":   strings.Replace(string(good), "[[0],[0]]", "[[0],[-1]]", 1),
		"no key":       strings.Replace(string(good), "PRIVATE KEY", "SECRET", 2),
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if loaded, _, err := Load(dir); err == nil || errors.Is(err, ErrNothingServed) || !strings.Contains(err.Error(), pairsFile) && name != "no key" {
			t.Errorf("%s: %+v, %v", name, loaded, err)
		}
	}
}
