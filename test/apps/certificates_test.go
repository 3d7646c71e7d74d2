package apps

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"edgegen/internal/api"
	"edgegen/test/ca"
	"edgegen/test/dns"
	"edgegen/test/edge"
	"edgegen/test/port"
)

// ordered is the site of TestC2Certificates.
const ordered = `edge {
  http     = [%q]
  https    = [%q]
  resolver = [%q]
  acme {
    email     = "ops@shop.example"
    directory = %q
    ca_root   = "authority.pem"
  }
}
site "shop.example" {
  aliases = ["www.shop.example"]
  tls { acme = true }
  backend "app" { servers = [%q] }
  route "/" {
    backend   = "app"
    websocket = true
  }
}
site "wild.example" {
  hosts = ["*.wild.example"]
  tls {
    acme     = true
    dns_hook = ["sh", "dns.sh"]
  }
  route "/" { redirect { to = "https://shop.example/" } }
}
`

// hook writes into a file what the name server tells of.
const hook = `case "$1" in
present) echo "$2 $3" >>records ;;
cleanup) grep -vxF "$2 $3" records >records.new; mv records.new records ;;
*) exit 2 ;;
esac
`

// recordsIn tells of what a hook has written.
func recordsIn(file string) func(name string) []string {
	return func(name string) (values []string) {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil // nothing has been written
		}
		for line := range strings.Lines(string(text)) {
			if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+" "); ok {
				values = append(values, value)
			}
		}
		return values
	}
}

// lifetime is of the certificates that the authority gives here: they are renewed
// while the test looks.
const lifetime = 24 * time.Second

// shown is the certificate that a handshake for a name shows.
func shown(t *testing.T, address, name string) *x509.Certificate {
	t.Helper()
	conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, ServerName: name}) // who signed it is looked at below
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0]
}

func isGiven(c *x509.Certificate) bool { return strings.HasPrefix(c.Issuer.CommonName, "Pebble") }

// C1, C2, C4, C8: https answers at once; the authority's certificate follows, stays where
// the site gets a name that the authority does not find, is renewed without a request
// that fails or a WebSocket that closes, whatever stands in the site's file by then, and
// is served at once by the edge that comes after a crash.
func TestC2Certificates(t *testing.T) {
	for _, c := range combinations() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			c.Need(t)
			names, plain, secure := dns.Start(t), port.Free(t), port.Free(t)
			names.Set("shop.example", "127.0.0.1")
			names.Set("www.shop.example", "127.0.0.1")
			authority := ca.Start(t, ca.Options{Resolver: names.Address, HTTPPort: number(t, plain), TLSPort: number(t, secure), Lifetime: lifetime})
			_, listeners := listenOn(t, "127.0.0.1")
			app := serve(t, "app", listeners[0], nil)
			h := edge.NewHome(t, c)
			h.Write("authority.pem", authority.Root)
			h.Write("dns.sh", hook)
			names.Texts(recordsIn(h.Path("records")))
			site := fmt.Sprintf(ordered, plain, secure, names.Address, authority.Directory, app.address)
			h.Write("site.hcl", site)
			e := h.Run()
			browser := newClient(e)
			socket, stop := browser.open(t, "shop.example/"), browser.under("shop.example/")

			first := awaitShown(t, e, "shop.example", "the authority's certificate", isGiven)
			if err := first.VerifyHostname("www.shop.example"); err != nil {
				t.Error(err)
			}
			e.Until("what is served is told of", edge.Patience, func(s api.Status) bool {
				return len(s.Certificates) == 2 && s.Certificates[0].Source == "acme" && s.Certificates[0].Renewal != nil && s.Certificates[0].Problem == ""
			})
			if err := awaitShown(t, e, "any.wild.example", "a wildcard's certificate", isGiven).VerifyHostname("any.wild.example"); err != nil {
				t.Error(err)
			}
			nobodysChallenge(t, plain)
			h.Write("site.hcl", strings.Replace(site, `"www.shop`, `"old.shop.example", "www.shop`, 1))
			plan, _ := e.Plan()
			if last := plan.Tiers[len(plan.Tiers)-1]; last.Role != "edge" || !slices.Equal(last.Why, []string{"asks " + authority.Directory + " for a certificate of shop.example"}) {
				t.Errorf("plan tells %+v", last)
			}
			reload := func(site string) {
				t.Helper()
				h.Write("site.hcl", site)
				if r := e.Reload(); r.Code != 0 {
					t.Fatalf("reload exits with %d: %s", r.Code, r.Err)
				}
				if now := shown(t, e.HTTPS(), "shop.example"); !isGiven(now) {
					t.Errorf("the certificate is from %v", now.Issuer)
				}
			}
			reload(strings.Replace(site, `"www.shop`, `"nowhere.example", "www.shop`, 1)) // no authority finds that
			reload(site)
			h.Write("site.hcl", "this is no site")
			second := awaitShown(t, e, "shop.example", "a renewed certificate", func(c *x509.Certificate) bool { return isGiven(c) && !c.Equal(first) })
			if !second.NotBefore.Before(first.NotAfter) {
				t.Error("it was renewed too late")
			}
			echoes(t, socket, "still here")
			if asked, wrong := stop(); asked == 0 || len(wrong) > 0 {
				t.Errorf("%d of %d requests went wrong: %v", len(wrong), asked, wrong[:min(len(wrong), 5)])
			}
			h.Write("site.hcl", site)
			e.Kill()
			<-e.Exited
			e = h.Run()
			if now := shown(t, e.HTTPS(), "shop.example"); !isGiven(now) {
				t.Errorf("after a crash the certificate is from %v", now.Issuer)
			}
			e.Stop()
		})
	}
}

func number(t *testing.T, address string) int {
	t.Helper()
	_, text, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func awaitShown(t *testing.T, e *edge.Edge, name, what string, holds func(*x509.Certificate) bool) *x509.Certificate {
	t.Helper()
	address := e.HTTPS()
	for deadline := time.Now().Add(edge.Patience); ; time.Sleep(200 * time.Millisecond) {
		if c := shown(t, address, name); holds(c) {
			return c
		}
		if time.Now().After(deadline) {
			t.Fatalf("no handshake shows %s: %+v", what, e.Status().Certificates)
		}
	}
}

// nobodysChallenge holds that what no authority is to ask for is answered as
// anything else is there.
func nobodysChallenge(t *testing.T, plain string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, "http://"+plain+"/.well-known/acme-challenge/nobodys", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "shop.example"
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusMovedPermanently || !strings.HasPrefix(response.Header.Get("Location"), "https://shop.example") {
		t.Errorf("status %d, Location %q", response.StatusCode, response.Header.Get("Location"))
	}
}
