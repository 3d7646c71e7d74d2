// Package scan has testssl.sh look at each engine of the TLS tier.
package scan

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"edgegen/test/edge"
)

func TestMain(m *testing.M) { os.Exit(edge.Main(m)) }

var (
	scan   = flag.Bool("scan", false, "run testssl.sh, which takes minutes")
	update = flag.Bool("update", false, "write docs/tls.md anew")
)

const page = "../../docs/tls.md"

// site is what is looked at: two certificates, and the headers that a site may set.
const site = `edge {
  http  = ["127.0.0.1:0"]
  https = ["127.0.0.1:0"]
  %s
}
site "scan.test" {
  tls {
    certificate = ["ecdsa.pem", "rsa.pem"]
    key         = ["ecdsa.pem", "rsa.pem"]
  }
  hsts { max_age = "1y" }
  route "/" {
    static { root = "public" }
    response_headers {
      set = { "X-Frame-Options" = "DENY", "X-Content-Type-Options" = "nosniff", "Content-Security-Policy" = "default-src 'self'" }
    }
  }
}
`

// finding is one of testssl.sh's.
type finding struct{ ID, Severity, Finding string }

// TestScan holds that testssl.sh finds nothing above "low", and that docs/tls.md says
// what it finds.
func TestScan(t *testing.T) {
	if !*scan {
		t.Skip("make scan runs it")
	}
	if _, err := exec.LookPath("testssl"); err != nil {
		t.Fatal("testssl is not installed: Debian's testssl.sh has it")
	}
	engines := []edge.Combination{edge.BuiltIn, edge.Native, edge.OneNginx}
	found := make([]map[string]finding, len(engines))
	var order []string
	for i, c := range engines {
		found[i] = map[string]finding{}
		for _, f := range look(t, c) {
			if slices.Contains([]string{"MEDIUM", "HIGH", "CRITICAL", "FATAL"}, f.Severity) {
				t.Errorf("%s: %s %s: %s", c.Name, f.Severity, f.ID, f.Finding)
			}
			if !slices.Contains(order, f.ID) {
				order = append(order, f.ID)
			}
			found[i][f.ID] = f
		}
	}
	table := "| what testssl.sh asks | builtin | stunnel | nginx |\n|---|---|---|---|\n"
	for _, id := range order {
		row, anything := "| "+id+" |", false
		for i := range engines {
			row, anything = row+" "+words(found[i][id])+" |", anything || told(found[i][id])
		}
		if anything {
			table += row + "\n"
		}
	}
	hold(t, table)
}

// told reports whether a finding stands in the table: not what is about the test's own
// certificate, or the run.
func told(f finding) bool {
	about := regexp.MustCompile(`^(SSLv|TLS1|ALPN|cipherlist_|PFS|cipher_order|secure_|HSTS|TLS_session_ticket)`)
	return f.ID != "" && (about.MatchString(f.ID) || f.Severity == "OK" || f.Severity == "LOW") && !strings.HasPrefix(f.ID, "cert") && !strings.HasPrefix(f.ID, "DNS_")
}

func words(f finding) string {
	text := strings.Join(strings.Fields(strings.ReplaceAll(cmp.Or(f.Finding, "–"), "|", `\|`)), " ")
	if f.Severity == "LOW" {
		text += " (low)"
	}
	return text
}

// look runs testssl.sh against an edge.
func look(t *testing.T, c edge.Combination) (found []finding) {
	t.Helper()
	c.Need(t)
	h := edge.NewHome(t, c)
	certify(t, h)
	h.Write("public/index.html", "hello\n")
	h.Write("site.hcl", fmt.Sprintf(site, c.Block()))
	e := h.Run()
	defer e.Stop()
	address := e.HTTPS()
	_, port, _ := strings.Cut(address, ":")
	command := exec.CommandContext(t.Context(), "testssl", "--quiet", "--color", "0", "--warnings", "off", "--add-ca", h.Path("root.pem"), "--ip", "127.0.0.1",
		"-p", "-s", "-f", "-P", "-S", "-h", "-U", "--jsonfile", h.Path("scan.json"), "scan.test:"+port)
	said, err := command.CombinedOutput() // its status counts findings
	text, readErr := os.ReadFile(h.Path("scan.json"))
	if readErr != nil || json.Unmarshal(text, &found) != nil || len(found) < 50 {
		t.Fatalf("%v\n%s", err, said)
	}
	return found
}

// hold compares the table with that of the page.
func hold(t *testing.T, table string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := []byte("<!-- scan -->\n"), []byte("<!-- /scan -->")
	before, rest, _ := bytes.Cut(text, begin)
	had, after, ok := bytes.Cut(rest, end)
	switch {
	case !ok:
		t.Fatalf("%s has no place for the table", page)
	case *update:
		if err := os.WriteFile(page, slices.Concat(before, begin, []byte(table), end, after), 0o644); err != nil {
			t.Fatal(err)
		}
	case string(had) != table:
		t.Errorf("%s says something else (write it anew with -update):\n%s", page, table)
	}
}

// certify makes an authority, and two certificates of it with their keys.
func certify(t *testing.T, h *edge.Home) {
	t.Helper()
	template := func(name string) *x509.Certificate {
		serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
		if err != nil {
			t.Fatal(err)
		}
		return &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: name},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour)}
	}
	root, other, own := template("scan root"), newKey(t), newKey(t)
	root.IsCA, root.BasicConstraintsValid, root.KeyUsage = true, true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
	h.Write("root.pem", sign(t, root, root, other, other))
	old, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct {
		name string
		key  crypto.Signer
	}{{"ecdsa", own}, {"rsa", old}} {
		leaf := template("scan.test")
		leaf.DNSNames, leaf.ExtKeyUsage, leaf.KeyUsage = []string{"scan.test"}, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, x509.KeyUsageDigitalSignature
		leaf.CRLDistributionPoints = []string{"http://scan.test/root.crl"}
		der, err := x509.MarshalPKCS8PrivateKey(one.key)
		if err != nil {
			t.Fatal(err)
		}
		h.Write(one.name+".pem", sign(t, leaf, root, one.key, other)+string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t *testing.T, leaf, by *x509.Certificate, key, with crypto.Signer) string {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, leaf, by, key.Public(), with)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
