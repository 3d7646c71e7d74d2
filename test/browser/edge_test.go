package browser

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"strings"
	"testing"

	"edgegen/internal/site"
	"edgegen/test/edge"
)

// served holds that each tier is served by the engine that was asked for.
func served(t *testing.T, e *edge.Edge) {
	t.Helper()
	status := e.Status()
	for role, engine := range map[string]site.Engine{"tls": e.TLS, "cache": e.Cache, "web": e.Web} {
		if tier := edge.Tier(status, role); tier.Engine != string(engine) || tier.State != "running" {
			t.Errorf("the %s tier is %s %q, want a running %s", role, tier.State, tier.Engine, engine)
		}
	}
}

// publicKeyPin returns the hash of the key that a site is served with, as
// chromium wants it.
func publicKeyPin(t *testing.T, url string) string {
	t.Helper()
	conn, err := tls.Dial("tcp", strings.Replace(strings.TrimPrefix(url, "https://"), "localhost", "127.0.0.1", 1),
		&tls.Config{ServerName: "localhost", InsecureSkipVerify: true}) // it is the certificate that is asked for
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	sum := sha256.Sum256(conn.ConnectionState().PeerCertificates[0].RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}
