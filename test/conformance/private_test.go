package conformance

import (
	"os"
	"testing"

	"edgegen/test/edge"
)

// writePrivate writes what the site is made of below a root, as nobody should,
// and where anybody may read it. The certificate stands behind a link, as where
// certbot keeps it.
func writePrivate(t *testing.T, h *edge.Home) {
	t.Helper()
	certificate := edge.NewCertificate(t, "private.test", 1, edge.Valid)
	h.Write("archive/private1.crt", certificate.Chain)
	h.Write("archive/notes.txt", "notes\n")
	h.Write("certs/private.key", certificate.Key)
	other := edge.NewRSACertificate(t, "private.test", 2, edge.Valid)
	h.Write("certs/rsa.pem", other.Chain+other.Key)
	h.Write("certs/notes.txt", "notes\n")
	for _, err := range []error{
		os.Symlink("../archive/private1.crt", h.Path("certs/private.crt")),
		os.Symlink("../certs/private.key", h.Path("public/linked.txt")),
		os.Symlink("certs", h.Path("also")),
		os.Link(h.Path("archive/private1.crt"), h.Path("public/named.txt")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// privateCases hold that keys, certificates, the site's own files and the state
// directory are never served, by whatever name.
func privateCases() []contractCase {
	var cases []contractCase
	for name, target := range map[string]string{
		"the site": "/site.hcl", "the site, doubled slash": "//site.hcl", "the site, encoded": "/site%2ehcl",
		"the key": "/certs/private.key", "the key by a suffix": "/certs/private", "the key by a prefix": "/private.key",
		"the key by a link to its directory": "/also/private.key", "the key by a link": "/public/linked.txt", "the certificate by another name of the file": "/public/named.txt",
		"the certificate's link": "/certs/private.crt", "the certificate": "/archive/private1.crt", "the other certificate with its key": "/certs/rsa.pem",
		"the state directory": "/state/ca/root.crt", "deep in the state directory": "/state/run/config/default.vcl", "a file of the state directory": "/state/edge.json",
	} {
		cases = append(cases, contractCase{clause: "S3", name: "never served: " + name, request: get("private.test", target),
			want: want{status: 404, body: "404 Not Found\n"}})
	}
	for name, target := range map[string]string{"another file": "/public/letters.txt", "a file beside the key": "/certs/notes.txt", "a file beside the certificate": "/archive/notes.txt"} {
		cases = append(cases, contractCase{clause: "S3", name: "served all the same: " + name, request: get("private.test", target), want: want{status: 200}})
	}
	return append(cases,
		contractCase{clause: "S3", name: "never served: a site file that comes later", run: func(a *attempt) { a.late(a.mark+".hcl", "/"+a.mark+".hcl") }},
		contractCase{clause: "S3", name: "never served: a certificate that is renewed", run: func(a *attempt) { a.late("archive/"+a.mark+".crt", "/archive/"+a.mark+".crt") }},
		contractCase{clause: "S3", name: "never served: a key that takes the old one's place", run: func(a *attempt) {
			key := a.edge.Path("certs/private.key")
			for range 3 {
				text, err := os.ReadFile(key)
				if err == nil {
					err = os.WriteFile(key+"."+a.mark, text, 0o644)
				}
				if err == nil {
					err = os.Rename(key+"."+a.mark, key)
				}
				if err != nil {
					a.fatalf("%v", err)
				}
				a.check(a.ask(get("private.test", "/certs/private.key")), want{status: 404})
			}
		}},
		contractCase{clause: "S3", name: "never served: another name that comes later", run: func(a *attempt) {
			name := "public/" + a.mark + ".txt"
			if err := os.Link(a.edge.Path("site.hcl"), a.edge.Path(name)); err != nil {
				a.fatalf("%v", err)
			}
			a.check(a.ask(get("private.test", "/"+name)), want{status: 404})
		}, differs: "nginx-hard-links", observed: "^status 200, want 404"},
	)
}

// late writes a file while the edge runs, and asks for it at once.
func (a *attempt) late(name, target string) {
	if err := os.WriteFile(a.edge.Path(name), []byte("secret\n"), 0o644); err != nil {
		a.fatalf("%v", err)
	}
	a.check(a.ask(get("private.test", target)), want{status: 404})
}
