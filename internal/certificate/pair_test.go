package certificate

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// material is what the tests write into files.
type material struct {
	certificate, other, rsa            []byte // PEM
	key, ecKey, otherKey, rsaKey, weak []byte // PEM
	weakKey, request, encrypted, der   []byte
}

func newMaterial(t *testing.T) material {
	t.Helper()
	ec := func() *ecdsa.PrivateKey {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	one, two := ec(), ec()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	ecDER, err := x509.MarshalECPrivateKey(one)
	if err != nil {
		t.Fatal(err)
	}
	certificate := selfSigned(t, one)
	block, _ := pem.Decode(certificate)
	return material{
		certificate: certificate, other: selfSigned(t, two), rsa: selfSigned(t, rsaKey), weak: selfSigned(t, weak),
		key: pkcs8(t, one), otherKey: pkcs8(t, two), weakKey: pkcs8(t, weak),
		ecKey:     text("EC PRIVATE KEY", ecDER),
		rsaKey:    text("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey)),
		request:   text("CERTIFICATE REQUEST", []byte("x")),
		encrypted: text("ENCRYPTED PRIVATE KEY", []byte("x")),
		der:       block.Bytes,
	}
}

func selfSigned(t *testing.T, key crypto.Signer) []byte {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(7), DNSNames: []string{"vzine.us"},
		NotBefore: time.Unix(1_700_000_000, 0), NotAfter: time.Unix(1_900_000_000, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return text("CERTIFICATE", der)
}

func pkcs8(t *testing.T, key crypto.Signer) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return text("PRIVATE KEY", der)
}

func text(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func TestLoad(t *testing.T) {
	m := newMaterial(t)
	damaged := bytes.Replace(m.key, []byte("-----END"), []byte("====END"), 1)
	const mark = "\xef\xbb\xbf"
	windows := func(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")) }
	old := func(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\n"), []byte("\r")) }
	indented := func(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\n"), []byte("\n\t ")) }
	wide := func(text []byte) []byte {
		out := []byte{0xff, 0xfe}
		for _, b := range text {
			out = append(out, b, 0)
		}
		return out
	}
	cases := []struct {
		name             string
		certificate, key []byte
		kind             Kind // "" for none
		inKey            bool
		detail           string
	}{
		{name: "PKCS8 key", certificate: m.certificate, key: m.key},
		{name: "EC key behind its parameters", certificate: m.certificate, key: join(text("EC PARAMETERS", []byte{6}), m.ecKey)},
		{name: "RSA key", certificate: m.rsa, key: m.rsaKey},
		{name: "text around the blocks", certificate: join([]byte("subject=x\n"), m.certificate, []byte("\nend")), key: m.key},
		{name: "key in the certificate's file", certificate: join(m.key, m.certificate), key: join(m.key, m.certificate)},
		{name: "chain in the wrong order", certificate: join(m.other, m.certificate), key: m.key},
		{name: "byte-order marks", certificate: join([]byte(mark), m.certificate), key: join([]byte(mark), m.key)},
		{name: "a mark where files were joined", certificate: join(m.other, []byte(mark), m.certificate), key: m.key},
		{name: "a mark before text", certificate: join([]byte(mark+"subject=x\n"), m.certificate), key: m.key},
		{name: "files joined without a line end", certificate: join(bytes.TrimSpace(m.other), m.certificate), key: m.key},
		{name: "lines of Windows", certificate: join([]byte(mark), windows(m.certificate)), key: windows(m.key)},
		{name: "lines of old Macs", certificate: old(m.certificate), key: old(m.key)},
		{name: "indented lines", certificate: indented(m.certificate), key: indented(m.key)},
		{name: "UTF-16", certificate: wide(m.certificate), key: m.key, kind: NoPEM, detail: "UTF-16"},
		{name: "key in UTF-16", certificate: m.certificate, key: wide(m.key), kind: NoPEM, inKey: true, detail: "UTF-16"},
		{name: "a damaged block before a good one", certificate: join(m.other[:200], []byte("\n"), m.certificate), key: m.key, kind: Malformed, detail: "damaged"},
		{name: "a damaged block behind a good one", certificate: join(m.certificate, m.other[:200]), key: m.key, kind: Malformed, detail: "damaged"},
		{name: "no certificate", certificate: []byte("hello"), key: m.key, kind: NoPEM, detail: "no PEM certificate"},
		{name: "empty", certificate: nil, key: m.key, kind: NoPEM},
		{name: "swapped", certificate: m.key, key: m.certificate, kind: NoPEM, detail: "holds a key"},
		{name: "certificate as key", certificate: m.certificate, key: m.certificate, kind: NoPEM, inKey: true, detail: "holds a certificate"},
		{name: "request", certificate: m.request, key: m.key, kind: NoPEM, detail: "request"},
		{name: "DER", certificate: m.der, key: m.key, kind: NoPEM, detail: "DER"},
		{name: "undecodable certificate", certificate: text("CERTIFICATE", []byte("x")), key: m.key, kind: Malformed},
		{name: "cut certificate", certificate: m.certificate[:200], key: m.key, kind: Malformed, detail: "damaged"},
		{name: "undecodable key", certificate: m.certificate, key: text("PRIVATE KEY", []byte("x")), kind: Malformed, inKey: true},
		{name: "damaged key", certificate: m.certificate, key: damaged, kind: Malformed, inKey: true, detail: "damaged"},
		{name: "encrypted key", certificate: m.certificate, key: m.encrypted, kind: Encrypted, inKey: true, detail: "passphrase"},
		{name: "another certificate's key", certificate: m.certificate, key: m.otherKey, kind: Mismatch, inKey: true, detail: "does not match"},
		{name: "short RSA key", certificate: m.weak, key: m.weakKey, kind: Weak, detail: "1024 bits"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			certFile, keyFile := write(t, dir, "c.pem", c.certificate), write(t, dir, "k.pem", c.key)
			pair, err := Load(certFile, keyFile)
			if c.kind == "" {
				if err != nil {
					t.Fatal(err)
				}
				checkPair(t, pair)
				return
			}
			var e *Error
			if !errors.As(err, &e) || e.Kind != c.kind || e.InKey != c.inKey || !strings.Contains(e.Detail, c.detail) {
				t.Fatalf("got %#v", err)
			}
			if want := map[bool]string{true: keyFile, false: certFile}[c.inKey]; e.File != want {
				t.Errorf("file %s, want %s", e.File, want)
			}
		})
	}
}

func checkPair(t *testing.T, pair Pair) {
	t.Helper()
	if _, err := tls.X509KeyPair(pair.PEM, pair.PEM); err != nil {
		t.Errorf("the leaf does not come first: %v", err)
	}
	if _, err := pair.TLS(); err != nil {
		t.Error(err)
	}
	if !bytes.HasPrefix(pair.PEM, []byte("-----BEGIN CERTIFICATE")) || bytes.Count(pair.PEM, []byte("BEGIN PRIVATE KEY")) != 1 {
		t.Errorf("not normalised")
	}
}

func TestLoadIsNormalised(t *testing.T) {
	m := newMaterial(t)
	dir := t.TempDir()
	one, err := Load(write(t, dir, "c1", m.certificate), write(t, dir, "k1", m.key))
	if err != nil {
		t.Fatal(err)
	}
	two, err := Load(write(t, dir, "c2", join([]byte("# note\r\n"), m.certificate)), write(t, dir, "k2", m.ecKey))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one.PEM, two.PEM) {
		t.Error("equal certificates and keys make different bytes")
	}
}

func TestLoadUnreadable(t *testing.T) {
	m := newMaterial(t)
	dir := t.TempDir()
	certFile, keyFile := write(t, dir, "c", m.certificate), write(t, dir, "k", m.key)
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	large := write(t, dir, "large", make([]byte, maxFile+1))
	cases := []struct {
		name, certificate, key string
		kind                   Kind
		inKey                  bool
	}{
		{"certificate missing", filepath.Join(dir, "none"), keyFile, Missing, false},
		{"both missing", filepath.Join(dir, "none"), filepath.Join(dir, "none"), Missing, false},
		{"below a file", filepath.Join(certFile, "x"), keyFile, Missing, false},
		{"key missing", certFile, filepath.Join(dir, "none"), Missing, true},
		{"directory", dir, keyFile, Unreadable, false},
		{"pipe", pipe, keyFile, Unreadable, false},
		{"device", certFile, "/dev/zero", Unreadable, true},
		{"too large", certFile, large, Unreadable, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(c.certificate, c.key)
			var e *Error
			if !errors.As(err, &e) || e.Kind != c.kind || e.InKey != c.inKey {
				t.Fatalf("got %#v", err)
			}
		})
	}
}

// X2: a key never appears in output or logs.
func TestPairHidesItsKey(t *testing.T) {
	m := newMaterial(t)
	dir := t.TempDir()
	pair, err := Load(write(t, dir, "c", m.certificate), write(t, dir, "k", m.key))
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(pair)
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{fmt.Sprint(pair), fmt.Sprintf("%+v", pair), fmt.Sprintf("%#v", pair), fmt.Sprint(Pair{}), string(encoded)} {
		if strings.Contains(shown, "PRIVATE") || len(shown) > 200 {
			t.Errorf("shown as %.300s", shown)
		}
	}
}

func write(t *testing.T, dir, name string, content []byte) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
