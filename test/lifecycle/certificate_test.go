package lifecycle

import (
	"strings"
	"testing"
	"time"

	"edgegen/test/edge"
)

// certificate writes NAME.crt and NAME.key for edge.test.
func (h *home) certificate(name string, life time.Duration) {
	h.t.Helper()
	c := edge.NewCertificate(h.t, "edge.test", 1, life)
	h.Write(name+".crt", c.Chain)
	h.Write(name+".key", c.Key)
}

// TestExpiredCertificate holds that an expired certificate is worth a warning
// and is served.
func TestExpiredCertificate(t *testing.T) {
	t.Parallel()
	h := newHome(t, edge.Native)
	h.site(plan{})
	h.certificate("server", -24*time.Hour)
	h.Replace("tls { self_signed = true }", "tls {\n    certificate = \"server.crt\"\n    key = \"server.key\"\n  }")
	e := h.run()
	if want := `warning: certificate "server.crt" expired on `; !strings.Contains(e.Err.Text(), want) {
		t.Errorf("it does not say %q", want)
	}
	e.get("/hello.txt")
}
