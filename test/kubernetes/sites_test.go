package kubernetes

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"edgegen/test/party"
)

// sites are the directories of all examples, and of sites that are in none.
func sites(t *testing.T) []string {
	t.Helper()
	all := []string{"../../internal/kubernetes/testdata/shop"}
	for _, pattern := range []string{"../../examples/*", "../../examples/presets/*", "testdata/sites/*"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, directory := range found {
			if files, _ := filepath.Glob(filepath.Join(directory, "*.hcl")); len(files) > 0 {
				all = append(all, directory)
			}
		}
	}
	if len(all) < 16 {
		t.Fatalf("found no more sites than %q", all)
	}
	return all
}

// anywhere copies a site, and has it listen on every address: examples listen on
// localhost, where people try them.
func anywhere(t *testing.T, directory string) string {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "site")
	if err := os.CopyFS(copied, os.DirFS(directory)); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(copied, "*.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text := regexp.MustCompile(`"localhost(:8[04]\d\d")`).ReplaceAll(read(t, file), []byte(`"$1`))
		write(t, file, text)
		certificates(t, copied, text)
	}
	return copied
}

// placed has a site name a namespace of the cluster, where it names one.
func placed(t *testing.T, directory, namespace string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(directory, "*.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		write(t, file, regexp.MustCompile(`"kubernetes://[^/]+/`).ReplaceAll(read(t, file), []byte(`"kubernetes://`+namespace+`/`)))
	}
}

// certificates makes those that a site names below tls, each with a key of its own, and
// those of authorities that it names below conf.
func certificates(t *testing.T, directory string, site []byte) {
	t.Helper()
	for _, found := range regexp.MustCompile(`"((?:tls|conf)/[^"]+)\.(crt|pem)"`).FindAllSubmatch(site, -1) {
		owner := (*party.Party)(nil).Signs(t, 1, party.Authority("edge.example"))
		key, err := x509.MarshalECPrivateKey(owner.Key)
		if err != nil {
			t.Fatal(err)
		}
		secret := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: key})
		switch name := filepath.Join(directory, string(found[1])); {
		case strings.HasPrefix(string(found[1]), "conf/"):
			write(t, name+".pem", []byte(owner.Chain))
		case string(found[2]) == "pem":
			write(t, name+".pem", append([]byte(owner.Chain), secret...))
		default:
			write(t, name+".crt", []byte(owner.Chain))
			write(t, name+".key", secret)
		}
	}
}

func write(t *testing.T, file string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
