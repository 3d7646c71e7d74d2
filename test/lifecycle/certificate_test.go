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

// TestExpiredCertificate holds that an expired certificate is worth a warning and is
// served, and that it is in the way of no reload but one that puts it in the place of
// a good one.
func TestExpiredCertificate(t *testing.T) {
	t.Parallel()
	h := newHome(t, edge.Native)
	h.site(plan{})
	h.certificate("server", -24*time.Hour)
	h.Replace("tls { self_signed = true }", "tls {\n    certificate = \"server.crt\"\n    key = \"server.key\"\n  }")
	e := h.run()
	const warning = `warning: certificate "server.crt" expired on `
	if !strings.Contains(e.Err.Text(), warning) {
		t.Errorf("it does not say %q", warning)
	}
	e.get("/hello.txt")
	again := func(what string, code int, says string) {
		t.Helper()
		if reload := e.Reload(); reload.Code != code || !strings.Contains(reload.Out+reload.Err, says) {
			t.Errorf("%s: exit %d, and not %d with %q:\n%s%s", what, reload.Code, code, says, reload.Out, reload.Err)
		}
	}
	h.Replace(`route "/" {`, `route "/old" { redirect { to = "/new" } }`+"\n  "+`route "/" {`)
	again("something else changes", 0, warning)
	h.certificate("server", time.Hour)
	again("a good one comes", 0, "")
	h.certificate("server", -time.Hour)
	again("an expired one comes", 1, "until then the one of before goes on being served")
}
