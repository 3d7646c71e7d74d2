package apps

import (
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"edgegen/internal/api"
	"edgegen/test/ca"
	"edgegen/test/dns"
	"edgegen/test/edge"
)

// member is the site of an edge that has a store in common with others.
const member = `edge {
  http     = ["%[1]s:%[2]d"]
  https    = ["%[1]s:%[3]d"]
  resolver = [%[4]q]
  acme {
    directory = %[5]q
    ca_root   = "authority.pem"
    store     = %[6]q
  }
}
`

// answering is a site of such an edge.
const answering = `site %q {
  tls { acme = true }
  route "/" { redirect { to = "https://elsewhere.example/" } }
}
`

// D1: an edge orders for a name that leads to another one, which answers the authority.
// That one gets the site later, and asks for nothing: it never shows anything else. So
// does an edge that is started then. All of them tell where the certificate comes from.
func TestD1AnotherAnswers(t *testing.T) {
	for _, of := range [][3]edge.Combination{{edge.BuiltIn, edge.Native, edge.BuiltIn}, {edge.Native, edge.BuiltIn, edge.BuiltInTLS}} {
		t.Run(of[0].Name, func(t *testing.T) {
			t.Parallel()
			names, store := dns.Start(t), t.TempDir()
			plain, secure := freeOnAll(t), freeOnAll(t)
			names.Set("first.example", "127.0.0.2")
			names.Set("shop.example", "127.0.0.2") // which the second edge orders for
			authority := ca.Start(t, ca.Options{Resolver: names.Address, HTTPPort: plain, TLSPort: secure})
			var homes []*edge.Home
			for i, c := range of {
				h := edge.NewHome(t, c)
				h.Write("authority.pem", authority.Root)
				h.Write("site.hcl", fmt.Sprintf(member, fmt.Sprintf("127.0.0.%d", i+2), plain, secure, names.Address, authority.Directory, store)+
					fmt.Sprintf(answering, []string{"first.example", "shop.example", "shop.example"}[i]))
				homes = append(homes, h)
			}
			one := homes[0].Run()
			awaitShown(t, one, "first.example", "the first certificate", isGiven)
			two := homes[1].Run()
			got := awaitShown(t, two, "shop.example", "the certificate that another edge has answered for", isGiven)

			homes[0].Write("site.hcl", must(t, homes[0].File)+fmt.Sprintf(answering, "shop.example"))
			if plan, _ := one.Plan(); len(plan.Tiers) > 0 && slices.ContainsFunc(plan.Tiers[len(plan.Tiers)-1].Why, func(why string) bool { return strings.Contains(why, "asks ") }) {
				t.Errorf("the plan asks for what the store has: %+v", plan.Tiers)
			}
			if r := one.Reload(); r.Code != 0 {
				t.Fatalf("reload exits with %d: %s", r.Code, r.Err)
			}
			three := homes[2].Run()
			for _, e := range []*edge.Edge{one, three} {
				if now := shown(t, e.HTTPS(), "shop.example"); !now.Equal(got) {
					t.Errorf("%s shows a certificate of %v", e.Name, now.Issuer)
				}
				e.Until("the store is told of", edge.Patience, func(s api.Status) bool {
					return slices.ContainsFunc(s.Certificates, func(c api.CertificateStatus) bool {
						return c.Site == "shop.example" && c.Source == "acme" && c.Store == store && c.Renewal != nil && c.Problem == ""
					})
				})
			}
			if orders := authority.Orders(); orders != 2 {
				t.Errorf("%d orders for two names", orders)
			}
			told := two.Verb("explain", "GET", "https://shop.example/")
			if !strings.Contains(told.Out, "to one of the edges that have the store "+store) {
				t.Errorf("explain tells %s", told.Out)
			}
			edge.StopAll(one, two, three)
		})
	}
}

// D1: three edges that one name leads to serve one certificate after the other, with one
// order each, while the one that orders is killed.
func TestD1Killed(t *testing.T) {
	names, store := dns.Start(t), t.TempDir()
	plain, secure := freeOnAll(t), freeOnAll(t)
	names.Set("shop.example", "127.0.0.5", "127.0.0.6", "127.0.0.7")
	authority := ca.Start(t, ca.Options{Resolver: names.Address, HTTPPort: plain, TLSPort: secure})
	authority.Lose("finalize-order") // the order is carried out, and nobody hears of it
	var edges []*edge.Edge
	for i, c := range []edge.Combination{edge.BuiltIn, edge.BuiltIn, edge.BuiltInTLS} {
		h := edge.NewHome(t, c)
		h.Write("authority.pem", authority.Root)
		h.Write("site.hcl", fmt.Sprintf(member, fmt.Sprintf("127.0.0.%d", i+5), plain, secure, names.Address, authority.Directory, store)+fmt.Sprintf(answering, "shop.example"))
		edges = append(edges, h.Run())
		if i == 0 { // it alone is there to order
			for deadline := time.Now().Add(edge.Patience); authority.Given() == 0; time.Sleep(10 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("nothing is ordered: %+v", edges[0].Status().Certificates)
				}
			}
		}
	}
	edges[0].Kill()
	<-edges[0].Exited
	authority.Lose("")
	var first *x509.Certificate
	for _, e := range edges[1:] {
		now := awaitShown(t, e, "shop.example", "the authority's certificate", isGiven)
		if first != nil && !now.Equal(first) {
			t.Error("they have certificates of their own")
		}
		first = now
	}
	if orders, given := authority.Orders(), authority.Given(); orders != 1 || given > 2 {
		t.Errorf("%d orders, and %d times it was asked for the certificate", orders, given)
	}
	edge.StopAll(edges[1:]...)
}

// freeOnAll is a port that is free on the addresses of several edges.
func freeOnAll(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return number(t, listener.Addr().String())
}

func must(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
