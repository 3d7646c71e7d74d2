package doctor

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// TestDoctorBackends holds that names, silence and TLS of apps are told, and that
// what is well is said in a line.
func TestDoctorBackends(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().String()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	name, wrong := plain.Listener.Addr().String(), secure.Listener.Addr().String()
	site := fmt.Sprintf(`
edge {
  http     = ["127.0.0.1:0"]
  https    = ["127.0.0.1:0"]
  resolver = [%q]
}
site "a.test" {
  tls { self_signed = true }
  backend "well" { server %q { weight = 2 } }
  backend "silent" { server %q { weight = 2 } }
  backend "name" { servers = ["app.invalid:5000"] }
  backend "secure" { servers = ["https://%s"] }
  backend "run" {
    servers = ["unix:none.sock"]
    command = ["/bin/false"]
    fastcgi { root = "." }
  }
  route "/" { backend = "well" }
}
`, nobody, name, nobody, wrong)
	report := examine(t, filepath.Join(t.TempDir(), "state"), site)
	for subject, want := range map[string]Line{
		"well of a.test":   {Level: LevelOK, Text: "its server answers"},
		"silent of a.test": {Level: LevelNote, Text: "nobody answers at present"},
		"name of a.test":   {Level: LevelWarning, Text: "the name app.invalid cannot be looked up"},
		"secure of a.test": {Level: LevelWarning, Text: wrong + " cannot be spoken to by TLS: tls: failed to verify certificate"},
		"run of a.test":    {},
	} {
		var got Line
		for _, line := range linesOf(t, report, "backends") {
			if line.Subject == subject {
				got = line
			}
		}
		if got.Level != want.Level || !strings.Contains(got.Text, want.Text) {
			t.Errorf("%s: %+v", subject, got)
		}
	}
}
