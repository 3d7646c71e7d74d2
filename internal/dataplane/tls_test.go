package dataplane

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"testing"
)

// C6: what a client is shown depends on the keys that it can use, also where it names
// a host that is in neither certificate.
func TestC6FirstUsable(t *testing.T) {
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	first := signedFor(t, chatHost)
	der, err := x509.CreateCertificate(rand.Reader, first.Leaf, first.Leaf, other.Public(), first.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	second := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: other}
	e := start(t, simple(t, ""), func(o *Options) { o.Certificates = [][]tls.Certificate{{first, second}} })
	for _, test := range []struct {
		name  string
		suite uint16
		want  x509.PublicKeyAlgorithm
	}{
		{chatHost, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, x509.RSA},
		{"stranger.example", tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, x509.RSA},
		{"", tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, x509.RSA},
		{"stranger.example", tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, x509.ECDSA},
	} {
		conn, err := tls.Dial("tcp", e.https, &tls.Config{ServerName: test.name, InsecureSkipVerify: true,
			MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{test.suite}})
		if err != nil {
			t.Errorf("%q: %v", test.name, err)
			continue
		}
		if got := conn.ConnectionState().PeerCertificates[0].PublicKeyAlgorithm; got != test.want {
			t.Errorf("%q: %v, want %v", test.name, got, test.want)
		}
		conn.Close()
	}
}
