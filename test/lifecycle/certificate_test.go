package lifecycle

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"testing"
	"time"
)

// How long certificates of the tests are good for, from now.
const (
	valid   = 90 * 24 * time.Hour
	expired = -24 * time.Hour
)

// certificate writes NAME.crt and NAME.key for edge.test.
func (h *home) certificate(name string, life time.Duration) {
	h.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		h.t.Fatal(err)
	}
	end := time.Now().Add(life)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"edge.test"}, NotBefore: end.Add(-2 * valid), NotAfter: end}
	leaf, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		h.t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		h.t.Fatal(err)
	}
	for suffix, block := range map[string]pem.Block{".crt": {Type: "CERTIFICATE", Bytes: leaf}, ".key": {Type: "PRIVATE KEY", Bytes: private}} {
		var text bytes.Buffer
		if err := pem.Encode(&text, &block); err != nil {
			h.t.Fatal(err)
		}
		h.write(name+suffix, text.String())
	}
}

// TestExpiredCertificate holds that an expired certificate is worth a warning
// and is served.
func TestExpiredCertificate(t *testing.T) {
	t.Parallel()
	needDaemons(t)
	h := newHome(t)
	h.site(plan{})
	h.certificate("server", expired)
	h.replace("tls { self_signed = true }", "tls {\n    certificate = \"server.crt\"\n    key = \"server.key\"\n  }")
	e := h.run()
	if want := `warning: certificate "server.crt" expired on `; !bytes.Contains([]byte(e.stderr.text()), []byte(want)) {
		t.Errorf("it does not say %q", want)
	}
	e.get("/hello.txt")
}
