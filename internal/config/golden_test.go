package config

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"flag"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the goldens anew")

// testNow is the time at which the goldens are made.
func testNow() time.Time { return time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC) }

// TestGolden loads every archive of testdata. Its file "want" is what a person
// sees, and behind that the model, where there is one. The comment may hold
// "load: NAME" for what is loaded; by default the file site.hcl is. Where the comment
// says "without its model" there is what is said alone.
func TestGolden(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no archives", err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			writeArchive(t, dir, archive)
			writeCertificates(t, dir)
			got := show(t, dir, loadName(archive), !strings.Contains(string(archive.Comment), "without its model"))
			compare(t, path, archive, got)
		})
	}
}

func loadName(archive *txtar.Archive) string {
	for line := range strings.Lines(string(archive.Comment)) {
		if name, ok := strings.CutPrefix(line, "load: "); ok {
			return strings.TrimSpace(name)
		}
	}
	return "site.hcl"
}

func writeArchive(t *testing.T, dir string, archive *txtar.Archive) {
	t.Helper()
	for _, file := range archive.Files {
		if file.Name == "want" {
			continue
		}
		path := filepath.Join(dir, file.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, file.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// show loads and prints the outcome, with DIR for the directory.
func show(t *testing.T, dir, name string, whole bool) []byte {
	t.Helper()
	loaded, diagnostics := newReader(filepath.Join(dir, name), testNow).Load()
	var out bytes.Buffer
	if err := diagnostics.WriteText(&out, false); err != nil {
		t.Fatal(err)
	}
	if (loaded.Edge == nil) != diagnostics.HasErrors() {
		t.Errorf("model %v beside %v", loaded.Edge, diagnostics)
	}
	if loaded.Edge != nil && whole {
		model, err := json.MarshalIndent(loaded.Edge, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(model, '\n'))
		for _, file := range loaded.Files {
			out.WriteString(file + "\n")
		}
	}
	return bytes.ReplaceAll(out.Bytes(), []byte(dir), []byte("DIR"))
}

func compare(t *testing.T, path string, archive *txtar.Archive, got []byte) {
	t.Helper()
	if *update {
		kept := archive.Files[:0]
		for _, file := range archive.Files {
			if file.Name != "want" {
				kept = append(kept, file)
			}
		}
		archive.Files = append(kept, txtar.File{Name: "want", Data: got})
		if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want := archive.Files[len(archive.Files)-1]
	if want.Name != "want" {
		t.Fatal("the archive has no want: run with -update")
	}
	if diff := cmp.Diff(string(want.Data), string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// writeCertificates puts certs/*.crt for vzine.us and www.vzine.us into the
// directory, of every age, with the key certs/server.key; ed.crt has ed.key. That
// of private.crt and gap.crt has been signed by an authority that nobody knows: of
// gap.crt it says itself that the authority is one for browsers. In stale.crt the
// certificate of that authority follows, and has expired.
func writeCertificates(t testing.TB, dir string) {
	t.Helper()
	key, other := newKey(t), newKey(t)
	now := testNow()
	write := func(name string, content []byte) {
		path := filepath.Join(dir, "certs", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("server.key", keyPEM(t, key))
	write("other.key", keyPEM(t, other))
	write("text.crt", []byte("not a certificate\n"))
	write("server.crt", certificatePEM(t, key, now.Add(-day), now.Add(90*day)))
	write("expired.crt", certificatePEM(t, key, now.Add(-90*day), now.Add(-day)))
	write("future.crt", certificatePEM(t, key, now.Add(day), now.Add(90*day)))
	write("soon.crt", certificatePEM(t, key, now.Add(-day), now.Add(13*day)))
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	write("ed.key", keyPEM(t, ed))
	write("ed.crt", certificatePEM(t, ed, now.Add(-day), now.Add(90*day)))
	private := template(now.Add(-day), now.Add(90*day))
	private.IssuingCertificateURL = []string{"http://ca.example/between.crt"}
	write("private.crt", signedPEM(t, private, key, other))
	between := template(now.Add(-90*day), now.Add(-day))
	between.DNSNames, between.Subject, between.IsCA, between.BasicConstraintsValid = nil, pkix.Name{CommonName: "between"}, true, true
	above, err := x509.CreateCertificate(rand.Reader, between, &x509.Certificate{Subject: pkix.Name{CommonName: "above"}}, other.Public(), newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	write("stale.crt", append(signedPEM(t, private, key, other), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: above})...))
	forum, err := x509.OIDFromInts([]uint64{2, 23, 140, 1, 2, 1})
	if err != nil {
		t.Fatal(err)
	}
	private.Policies = []x509.OID{forum}
	write("gap.crt", signedPEM(t, private, key, other))
	writeAuthorities(t, write)
	write("encrypted.key", pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")}))
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func keyPEM(t testing.TB, key crypto.Signer) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func template(begin, end time.Time) *x509.Certificate {
	return &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"vzine.us", "www.vzine.us"}, NotBefore: begin, NotAfter: end}
}

func certificatePEM(t testing.TB, key crypto.Signer, begin, end time.Time) []byte {
	t.Helper()
	own := template(begin, end)
	der, err := x509.CreateCertificate(rand.Reader, own, own, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// signedPEM has a certificate be signed by "between".
func signedPEM(t testing.TB, own *x509.Certificate, key, by crypto.Signer) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, own, &x509.Certificate{Subject: pkix.Name{CommonName: "between"}}, key.Public(), by)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// newReader is NewReader at another time.
func newReader(path string, now func() time.Time) *Reader {
	return &Reader{path: path, now: now, texts: map[string][]byte{}}
}
