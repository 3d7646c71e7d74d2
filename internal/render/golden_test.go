package render_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"flag"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"edgegen/internal/config"
	"edgegen/internal/render"
	"edgegen/internal/site"
)

var update = flag.Bool("update", false, "write the golden files")

// goldens are the sites under testdata, each with the directories that its HCL
// names beside public/.
func goldens() []golden {
	return []golden{
		{name: "access"},
		{name: "answers"},
		{name: "article"},
		{name: "backends"},
		{name: "caching"},
		{name: "chat"},

		{name: "headers"},
		{name: "listeners"},
		{name: "maintenance"},
		{name: "many-routes"},
		{name: "minimal"},
		{name: "odd-names", directories: []string{
			"with spaces", "cost $5 ${HOME} $uri", `a "b" c'd; {e} #f`, `back\slash\n\"`, "zażółć/✓"}},
		{name: "one-nginx"},
		{name: "raw"},
		{name: "redirects"},
		{name: "several-sites"},
		{name: "storage"},
		{name: "trusted-proxies"},
	}
}

type golden struct {
	name        string
	directories []string
}

// load copies the site into a new directory, with what its HCL names, and
// loads it there.
func (g golden) load(t testing.TB) (loaded *config.Loaded, dir string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", g.name, "site.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	dir = shortDirectory(t)
	for _, directory := range append([]string{"public", "certs"}, g.directories...) {
		if err := os.MkdirAll(filepath.Join(dir, directory), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	writeCertificate(t, filepath.Join(dir, "certs"), "vzine.us", "www.vzine.us")
	const users = "alice:$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG.\n"
	if err := os.WriteFile(filepath.Join(dir, "users"), []byte(users), 0o600); err != nil {
		t.Fatal(err)
	}
	return loadText(t, dir, string(text)), dir
}

// loadText loads HCL that is to be without an error.
func loadText(t testing.TB, dir, text string) *config.Loaded {
	t.Helper()
	file := filepath.Join(dir, "site.hcl")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, diagnostics := config.Load(file)
	if diagnostics.HasErrors() {
		t.Fatalf("%+v", diagnostics)
	}
	// This name is looked up before anything is rendered.
	for i := range loaded.Edge.Sites {
		for j := range loaded.Edge.Sites[i].Backends {
			servers := loaded.Edge.Sites[i].Backends[j].Servers
			for k := range servers {
				if servers[k].Host == "localhost" {
					servers[k].Host = "127.0.0.1"
				}
			}
		}
	}
	return loaded
}

// shortDirectory is a temporary directory that other users may look into (the
// daemons are not root) and in which a socket's path is short enough.
func shortDirectory(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "edge-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// writeCertificate makes server.crt and server.key for the hosts.
func writeCertificate(t testing.TB, dir string, hosts ...string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: hosts[0]},
		DNSNames:     hosts,
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(90 * 24 * time.Hour),
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"server.crt": {Type: "CERTIFICATE", Bytes: certificate},
		"server.key": {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// input renders for a place that is on no machine.
func input(edge *site.Edge) render.Input {
	return render.Input{
		Edge:    edge,
		Layout:  render.Layout{Dir: "/etc/edgegen", Run: "/run/edgegen"},
		Version: "1.2.3",
		Brotli:  "/usr/lib/nginx/modules/ngx_http_brotli_filter_module.so",
		Origin:  "site.hcl",
	}
}

func mustRender(t testing.TB, in render.Input) *render.Output {
	t.Helper()
	out, err := render.Render(in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestGoldens compares every rendering with the files that are kept beside its
// site.hcl. The directory of the site, and the generation, which depends on
// it, are replaced by fixed words.
func TestGoldens(t *testing.T) {
	for _, g := range goldens() {
		t.Run(g.name, func(t *testing.T) {
			loaded, dir := g.load(t)
			out := mustRender(t, input(loaded.Edge))
			words := []string{dir, "/srv/site", out.Of(site.Nginx).Generation, "fedcba9876543210"}
			if vcl := out.Of(site.Varnish); len(vcl.Files) > 0 {
				words = append(words, vcl.Generation, "0123456789abcdef")
			}
			fixed := strings.NewReplacer(words...)
			for _, file := range out.Files() {
				// What is the same for every site is kept once.
				if slices.ContainsFunc(out.Of(site.Nginx).Files[1:], func(f render.File) bool { return f.Name == file.Name }) && g.name != "minimal" && file.Name != "nginx/front.conf" {
					continue
				}
				compare(t, filepath.Join("testdata", g.name, file.Name), fixed.Replace(string(file.Data)))
			}
		})
	}
}

func compare(t *testing.T, golden, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; regenerate with -update):\n%s", golden, diff)
	}
}

// TestGoldensAreListed finds a site under testdata that no test looks at.
func TestGoldensAreListed(t *testing.T) {
	entries, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	var there, listed []string
	for _, entry := range entries {
		if entry.Name() != "fuzz" {
			there = append(there, entry.Name())
		}
	}
	for _, g := range goldens() {
		listed = append(listed, g.name)
	}
	if diff := cmp.Diff(there, listed); diff != "" {
		t.Errorf("(-testdata +listed):\n%s", diff)
	}
}
