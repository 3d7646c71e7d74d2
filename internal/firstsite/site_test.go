package firstsite

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"edgegen/internal/config"
)

// Every first site loads without a word about it, in canonical layout.
func TestText(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "site.hcl")
	if err := os.Mkdir(filepath.Join(dir, `p"${x}`), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		site Site
		has  []string
	}{
		{"an app", Site{Host: "localhost", App: "127.0.0.1:5000", HTTP: 8080, HTTPS: 8443}, []string{`[":8443"]`, "self_signed = true", `backend = "app"`}},
		{"files", Site{Host: "shop.test", Files: `p"${x}`, HTTP: 80, HTTPS: 443}, []string{"self_signed = true", `"p\"$${x}"`}},
		{"both, and a public host", Site{Host: "shop.example.com", Files: dir, App: "unix:app.sock", HTTP: 80, HTTPS: 443}, []string{"acme = true"}},
		{"a public host at another port", Site{Host: "shop.example.com", App: "app.test:80", HTTP: 8080, HTTPS: 443}, []string{"self_signed = true"}},
		{"an address", Site{Host: "192.0.2.1", App: "127.0.0.1:5000", HTTP: 80, HTTPS: 443}, []string{"self_signed = true"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, err := c.site.Text()
			if err != nil {
				t.Fatal(err)
			}
			reader := config.NewReader(file, nil)
			reader.Hold(file, text)
			if _, problems := reader.Load(); len(problems) > 0 {
				t.Errorf("%v\n%s", problems, text)
			}
			formatted, _ := config.Format(file, text)
			if string(formatted) != string(text) {
				t.Errorf("not in canonical layout:\n%s", text)
			}
			for _, part := range c.has {
				if !strings.Contains(string(text), part) {
					t.Errorf("%s is not in\n%s", part, text)
				}
			}
		})
	}
}

func TestURL(t *testing.T) {
	for want, s := range map[string]Site{"https://a.test/": {Host: "a.test", HTTPS: 443}, "https://[::1]:8443/": {Host: "::1", HTTPS: 8443}} {
		if got := s.URL(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestServer(t *testing.T) {
	for said, want := range map[string]string{"5000": "127.0.0.1:5000", " :5000": "127.0.0.1:5000", "http://app:80/": "app:80", "unix:/run/app.sock": "unix:/run/app.sock", "99999": "127.0.0.1:99999"} {
		if got := Server(said); got != want {
			t.Errorf("Server(%q) = %q, want %q", said, got, want)
		}
	}
}
