package certificate

import (
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"strings"
)

// Subject writes whose a certificate is (RFC 4514), the last part first, as OpenSSL and
// nginx do. What is no printable ASCII is escaped byte by byte, so that no name can end
// the header field that it stands in. It fails for one that is longer than any header
// takes.
func Subject(of *x509.Certificate) (string, error) {
	const longest = 2048
	var name pkix.RDNSequence
	if rest, err := asn1.Unmarshal(of.RawSubject, &name); err != nil || len(rest) > 0 {
		return "", fmt.Errorf("its subject cannot be read: %w", err)
	}
	var out strings.Builder
	for _, b := range []byte(name.String()) {
		if b < ' ' || b > '~' {
			fmt.Fprintf(&out, `\%02X`, b)
			continue
		}
		out.WriteByte(b)
	}
	if out.Len() > longest {
		return "", fmt.Errorf("its subject has %d bytes", out.Len())
	}
	return out.String(), nil
}

// Fingerprint is the SHA-256 of a certificate, in hex.
func Fingerprint(of *x509.Certificate) string {
	sum := sha256.Sum256(of.Raw)
	return hex.EncodeToString(sum[:])
}
