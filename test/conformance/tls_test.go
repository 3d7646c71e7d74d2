package conformance

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"edgegen/test/edge"
)

// tlsCases are about what a client names in its handshake.
func tlsCases() []contractCase {
	certified := func(name, host string) func(*attempt) {
		return func(a *attempt) {
			got := a.handshake(&tls.Config{ServerName: name}).PeerCertificates[0].DNSNames
			if !slices.Contains(got, host) {
				a.errorf("the certificate is for %q, want %s", got, host)
			}
		}
	}
	// private.test has a certificate with an ECDSA key, 1, and one with an RSA key, 2.
	shown := func(serial int64, version uint16, suites ...uint16) func(*attempt) {
		return func(a *attempt) {
			got := a.handshake(&tls.Config{ServerName: "private.test", MaxVersion: version, CipherSuites: suites}).PeerCertificates[0]
			if got.SerialNumber.Int64() != serial {
				a.errorf("the certificate is %d, with an %v key, want %d", got.SerialNumber, got.PublicKeyAlgorithm, serial)
			}
		}
	}
	ecdsa, rsa := tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
	notResumed := func(version uint16) func(*attempt) {
		return func(a *attempt) {
			kept := &oneSession{}
			for _, name := range []string{"main.test", "second.test", "files.test", "main.test"} {
				s := a.handshake(&tls.Config{ServerName: name, MaxVersion: version, ClientSessionCache: kept})
				if got := s.PeerCertificates[0].DNSNames; s.DidResume || !slices.Contains(got, name) {
					a.errorf("as %s: resumed %v, with a certificate for %q", name, s.DidResume, got)
				}
			}
		}
	}
	return []contractCase{
		{clause: "H3", name: "a client that names nobody gets the certificate of the first site", run: certified("", "main.test")},
		{clause: "H3", name: "a client that names a stranger does", run: certified("stranger.test", "main.test")},
		{clause: "H3", name: "a client that names an alias gets its site's", run: certified("OLD.main.test", "main.test")},
		{clause: "M1", name: "a client that names another host of a site gets its site's", run: certified("api.second.test", "second.test")},
		{clause: "M1", name: "a client that names what a wildcard stands for gets its site's", run: certified("A.shop.second.test", "*.shop.second.test")},
		{clause: "M1", name: "a name goes before a wildcard in the handshake", run: certified("own.shop.second.test", "main.test")},
		{clause: "M1", name: "a wildcard stands for one label in the handshake", run: certified("b.a.shop.second.test", "main.test"),
			differs: "stunnel-deep-names", observed: "the certificate is for"},
		{clause: "C6", name: "a client of TLS 1.3 that can use both keys is shown the ECDSA one", run: shown(1, tls.VersionTLS13)},
		{clause: "C6", name: "a client of TLS 1.2 that can use both keys is shown the ECDSA one", run: shown(1, tls.VersionTLS12, rsa, ecdsa)},
		{clause: "C6", name: "a client that cannot use an RSA key is shown the ECDSA one", run: shown(1, tls.VersionTLS12, ecdsa)},
		{clause: "C6", name: "a client that cannot use an ECDSA key is shown the RSA one", run: shown(2, tls.VersionTLS12, rsa)},
		{clause: "H3", name: "a session of TLS 1.2 is not resumed under another site's name", run: notResumed(tls.VersionTLS12)},
		{clause: "H3", name: "a session of TLS 1.3 is not resumed under another site's name", run: notResumed(tls.VersionTLS13)},
	}
}

// handshake returns what was agreed upon, after an answer: tickets come with it.
func (a *attempt) handshake(config *tls.Config) tls.ConnectionState {
	config.InsecureSkipVerify = true
	conn := tls.Client(a.dial("", a.edge.https), config)
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: stranger.test\r\nConnection: close\r\n\r\n"); err != nil {
		a.fatalf("TLS handshake as %q: %v", config.ServerName, err)
	}
	if _, err := io.ReadAll(conn); err != nil {
		a.errorf("read: %v", err)
	}
	return conn.ConnectionState()
}

// oneSession is a client's memory that offers its session to everybody.
type oneSession struct{ session *tls.ClientSessionState }

func (o *oneSession) Get(string) (*tls.ClientSessionState, bool)    { return o.session, o.session != nil }
func (o *oneSession) Put(_ string, session *tls.ClientSessionState) { o.session = session }

// TestMinVersion holds min_version for clients that name one site in their
// handshake and another in their requests. stunnel serves no such sites.
func TestMinVersion(t *testing.T) {
	for _, c := range []edge.Combination{edge.BuiltIn, edge.BuiltInTLS, edge.VarnishAlone, edge.NginxAlone} {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			h := edge.NewHome(t, c)
			h.Write("public/a.txt", "a\n")
			site := func(host, more string) string {
				return fmt.Sprintf("site %q {\n  aliases = [\"www.%[1]s\"]\n  tls {\n    self_signed = true\n    %s\n  }\n  route \"/\" { static { root = \"public\" } }\n}\n", host, more)
			}
			h.Write("site.hcl", "edge {\n  http  = [\"127.0.0.1:0\"]\n  https = [\"127.0.0.1:0\"]\n}\n"+
				site("strict.test", `min_version = "1.3"`)+site("a.test", "")+site("lax.test", `min_version = "1.2"`))
			e := h.Run()
			address := e.HTTPS()
			for _, one := range []struct {
				name    string
				version uint16
				asked   map[string]int // statuses by host
			}{
				{"lax.test", tls.VersionTLS12, map[string]int{"lax.test": 200, "a.test": 200, "strict.test": 421, "www.strict.test": 421, "STRICT.test.:443": 421}},
				{"www.a.test", tls.VersionTLS12, map[string]int{"www.lax.test": 301, "strict.test": 421}},
				{"lax.test", tls.VersionTLS13, map[string]int{"lax.test": 200, "strict.test": 200, "www.strict.test": 301}},
				{"strict.test", tls.VersionTLS13, map[string]int{"lax.test": 200, "strict.test": 200}},
			} {
				conn, err := tls.Dial("tcp", address, &tls.Config{ServerName: one.name, MaxVersion: one.version, InsecureSkipVerify: true})
				if err != nil {
					t.Errorf("%s, %s: %v", one.name, tls.VersionName(one.version), err)
					continue
				}
				reader := bufio.NewReader(conn)
				for host, want := range one.asked {
					fmt.Fprintf(conn, "GET /a.txt HTTP/1.1\r\nHost: %s\r\n\r\n", host)
					answer, err := http.ReadResponse(reader, nil)
					if err != nil {
						t.Fatalf("%s, %s, Host %s: %v", one.name, tls.VersionName(one.version), host, err)
					}
					body, err := io.ReadAll(answer.Body)
					if err != nil || answer.StatusCode != want || want == 421 && !strings.HasPrefix(string(body), "421 ") {
						t.Errorf("%s, %s, Host %s: %d %q, %v, want %d", one.name, tls.VersionName(one.version), host, answer.StatusCode, body, err, want)
					}
				}
				conn.Close()
			}
			for _, name := range []string{"strict.test", "www.strict.test", ""} {
				if conn, err := tls.Dial("tcp", address, &tls.Config{ServerName: name, MaxVersion: tls.VersionTLS12, InsecureSkipVerify: true}); err == nil {
					t.Errorf("a handshake of TLS 1.2 for %q", name)
					conn.Close()
				}
			}
			e.Stop()
		})
	}
}
