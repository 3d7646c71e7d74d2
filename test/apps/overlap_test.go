package apps

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"edgegen/test/edge"
)

// overlapping are sites whose wildcards lie beneath those of each other.
const overlapping = `edge {
  http  = ["127.0.0.1:0"]
  https = ["127.0.0.1:0"]
%s}

site "deep.test" {
  hosts = ["**.x.test", "*.q.a.x.test"]
  tls { self_signed = true }
  route "/" {
    redirect { to = "https://deep.example/" }
  }
}

site "one.test" {
  hosts = ["*.a.x.test"]
  tls { self_signed = true }
  route "/" {
    redirect { to = "https://one.example/" }
  }
}

site "three.test" {
  hosts = ["**.a.x.test"]
  tls { self_signed = true }
  route "/" {
    redirect { to = "https://three.example/" }
  }
}
`

// M1: what says more about a host goes first, in the handshake as in the request, whoever
// ends TLS and whoever serves; but stunnel shows one certificate for all that is beneath the
// host of a wildcard, as is declared (stunnel-deep-names).
func TestM1Overlap(t *testing.T) {
	byStunnel := map[string]string{"c.b.a.x.test": "one", "y.z.q.a.x.test": "deep"}
	for _, c := range []edge.Combination{edge.BuiltIn, edge.NginxAlone, edge.VarnishAlone, edge.OneNginx, edge.StunnelAlone} {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			h := edge.NewHome(t, c)
			engine := ""
			if c.TLS == edge.OneNginx.TLS {
				engine = "  engine {\n    tls   = \"nginx\"\n    cache = \"off\"\n  }\n"
			}
			h.Write("site.hcl", fmt.Sprintf(overlapping, engine))
			e := h.Run()
			for name, site := range map[string]string{
				"b.x.test": "deep", "c.b.x.test": "deep", "b.a.x.test": "one", "c.b.a.x.test": "three", "z.q.a.x.test": "deep", "y.z.q.a.x.test": "three", "q.a.x.test": "one",
			} {
				shows := site
				if other := byStunnel[name]; other != "" && c == edge.StunnelAlone {
					shows = other
				}
				shown, location := atName(t, e.HTTPS(), name)
				if shown != shows+".test" || location != "https://"+site+".example/" {
					t.Errorf("%s is shown the certificate of %s and sent to %s, and is of %s", name, shown, location, site)
				}
			}
		})
	}
}

// atName asks for a host, and returns what the site of the certificate is called that it is
// shown, and where the answer leads.
func atName(t *testing.T, address, name string) (certificate, location string) {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: name}, DisableKeepAlives: true} // which it is, is the question
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+address+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = net.JoinHostPort(name, port)
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	for _, known := range response.TLS.PeerCertificates[0].DNSNames {
		if !strings.HasPrefix(known, "*.") {
			return known, response.Header.Get("Location")
		}
	}
	return "", response.Header.Get("Location")
}
