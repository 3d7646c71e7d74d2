package main

import (
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"os"
)

// shownCertificate reads the certificate that a client is to show, with the others in its
// file, and its key if that is needed.
func shownCertificate(file string, withKey bool) (tls.Certificate, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("--client-cert: %w", err)
	}
	if withKey {
		pair, err := tls.X509KeyPair(text, text)
		if err != nil {
			err = fmt.Errorf("--client-cert: %s: %w", file, err)
		}
		return pair, err
	}
	var shown tls.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			shown.Certificate = append(shown.Certificate, block.Bytes)
		}
	}
	if len(shown.Certificate) == 0 {
		return shown, fmt.Errorf("--client-cert: %s holds no PEM certificate", file)
	}
	return shown, nil
}
