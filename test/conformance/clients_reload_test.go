package conformance

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"

	"edgegen/test/edge"
	"edgegen/test/party"
)

// TestC5Reload takes certificates of clients back, and gives them another authority,
// while the edge runs: what is asked next on an open connection is decided by the new
// files, and nobody has to connect anew for that. stunnel serves no such sites.
func TestC5Reload(t *testing.T) {
	for _, c := range []edge.Combination{edge.BuiltIn, edge.BuiltInTLS, edge.VarnishAlone, edge.NginxAlone} {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			h := edge.NewHome(t, c)
			root, other := (*party.Party)(nil).Signs(t, 1, party.Authority("first")), (*party.Party)(nil).Signs(t, 1, party.Authority("second"))
			writeParty(t, h, "alice", root.Signs(t, 10, party.Client("alice")))
			writeParty(t, h, "bob", root.Signs(t, 11, party.Client("bob")))
			writeParty(t, h, "carol", other.Signs(t, 10, party.Client("carol")))
			h.Write("clients.pem", root.Chain)
			h.Write("lists.pem", root.Revokes(t))
			h.Write("public/a.txt", "a\n")
			h.Write("site.hcl", `edge {
  http  = ["127.0.0.1:0"]
  https = ["127.0.0.1:0"]
}
site "a.test" {
  tls {
    self_signed = true
    client_ca   = "clients.pem"
    client_crl  = "lists.pem"
  }
  route "/" { static { root = "public" } }
}
`)
			e := h.Run()
			address := e.HTTPS()
			open := map[string]*kept{}
			for _, who := range []string{"alice", "bob", "carol"} {
				open[who] = keep(t, h, address, who)
			}
			expect := func(when string, statuses map[string]int) {
				t.Helper()
				for who, status := range statuses {
					if got := open[who].ask(t); got != status {
						t.Errorf("%s, %s on an open connection: %d, want %d", when, who, got, status)
					}
					anew := keep(t, h, address, who)
					if got := anew.ask(t); got != status {
						t.Errorf("%s, %s: %d, want %d", when, who, got, status)
					}
					anew.conn.Close()
				}
			}
			expect("at first", map[string]int{"alice": 200, "bob": 200, "carol": 403})
			reload := func(name, text string, well bool) {
				t.Helper()
				h.Overwrite(name, text)
				if r := e.Reload(); (r.Code == 0) != well {
					t.Fatalf("reload: %+v", r)
				}
			}
			reload("lists.pem", root.Revokes(t, 11), true)
			expect("bob's is taken back", map[string]int{"alice": 200, "bob": 403, "carol": 403})
			reload("lists.pem", "no list\n", false)
			expect("the file is none", map[string]int{"alice": 200, "bob": 403, "carol": 403})
			if err := os.WriteFile(h.Path("lists.pem"), []byte(root.Revokes(t, 11)+other.Revokes(t)), 0o644); err != nil {
				t.Fatal(err)
			}
			reload("clients.pem", root.Chain+other.Chain, true)
			expect("carol's authority comes", map[string]int{"alice": 200, "bob": 403, "carol": 200})
			h.Replace(`    client_crl  = "lists.pem"`, `    client_auth = "optional"`)
			reload("clients.pem", other.Chain, true)
			expect("the first authority goes", map[string]int{"alice": 403, "bob": 403, "carol": 200})
			for _, k := range open {
				k.conn.Close()
			}
			e.Stop()
		})
	}
}

// kept is a connection that stays.
type kept struct {
	conn   *tls.Conn
	reader *bufio.Reader
}

func keep(t *testing.T, h *edge.Home, address, who string) *kept {
	t.Helper()
	file := h.Path("clients/" + who + ".pem")
	pair, err := tls.LoadX509KeyPair(file, file)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := tls.Dial("tcp", address, &tls.Config{ServerName: "a.test", InsecureSkipVerify: true,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }})
	if err != nil {
		t.Fatal(err)
	}
	return &kept{conn, bufio.NewReader(conn)}
}

func (k *kept) ask(t *testing.T) int {
	t.Helper()
	fmt.Fprint(k.conn, "GET /a.txt HTTP/1.1\r\nHost: a.test\r\n\r\n")
	answer, err := http.ReadResponse(k.reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}
