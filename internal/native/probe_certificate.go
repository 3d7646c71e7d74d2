package native

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// probePEM makes a certificate, with its key, that names a generation. Only probes see
// it: they read the name, and trust the socket.
func probePEM(generation string) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the probe's key: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: generation},
		NotBefore:    now.Add(-24 * time.Hour),
		NotAfter:     now.AddDate(100, 0, 0),
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make the probe's certificate: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("write the probe's key: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})
	return append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...), nil
}

// probeStunnel asks once, by a handshake, which generation is served.
func probeStunnel(ctx context.Context, socket, generation string) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	raw, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return err
	}
	defer raw.Close()
	connection := tls.Client(raw, &tls.Config{
		InsecureSkipVerify: true, // the certificate's name is the answer, and the socket is private
	})
	if err := connection.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("TLS handshake with stunnel: %w", err)
	}
	return expect(generation, connection.ConnectionState().PeerCertificates[0].Subject.CommonName)
}
