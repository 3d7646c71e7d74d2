package apps

import (
	"crypto/tls"
	"fmt"
	"io"
	"slices"
	"testing"

	"edgegen/test/edge"
	"edgegen/test/port"
)

// clustered is the site of an edge that has something in common with others.
const clustered = `edge {
  http  = []
  https = [%q]
  %s
}
site %q {
  tls {
    certificate = "shared.crt"
    key         = "shared.key"
  }
  route "/" { redirect { to = "https://elsewhere.test/" } }
}
`

// secretive is a cluster with a secret, in which nobody else is.
func secretive(t *testing.T, secret string) string {
	t.Helper()
	return fmt.Sprintf("cluster {\n    listen  = %q\n    members = [%q]\n    secret  = %q\n  }", port.Free(t), port.Free(t), secret)
}

// stored is a store of certificates.
func stored(directory string) string {
	return fmt.Sprintf("acme { store = %q }", directory)
}

// front is nginx as the tls tier.
var front = edge.Combination{Name: "nginx", TLS: "nginx", Cache: "off", Web: "nginx"}

// oneSession is a client's only session, whatever name it began under.
type oneSession struct{ state *tls.ClientSessionState }

func (o *oneSession) Get(string) (*tls.ClientSessionState, bool) { return o.state, o.state != nil }

func (o *oneSession) Put(_ string, state *tls.ClientSessionState) {
	if state != nil {
		o.state = state
	}
}

// resumes opens a connection to an edge with the session, and reports whether that was
// resumed. The session is the one of this connection then.
func resumes(t *testing.T, address, name string, version uint16, session *oneSession) bool {
	t.Helper()
	conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, ServerName: name, MinVersion: version, MaxVersion: version, ClientSessionCache: session}) // what signed it is not the question
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", name); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn) // tickets come with it
	if err != nil || len(answer) == 0 {
		t.Fatalf("%q, %v", answer, err)
	}
	return conn.ConnectionState().DidResume
}

// D3: a session of one edge is resumed at another one of the cluster, by each engine that
// ends TLS: not at one that has another secret, not under the name of another site, and
// not by another engine, where the client gets a handshake as if it had none.
func TestD3Tickets(t *testing.T) {
	certificate := edge.NewCertificate(t, "shop.test", 7, 1<<40)
	up := func(t *testing.T, c edge.Combination, common, host string) string {
		t.Helper()
		h, address := edge.NewHome(t, c), port.Free(t)
		h.Write("shared.crt", certificate.Chain)
		h.Write("shared.key", certificate.Key)
		if c.TLS == "nginx" {
			common += "\n  engine {\n    tls   = \"nginx\"\n    cache = \"off\"\n  }"
		}
		h.Write("site.hcl", fmt.Sprintf(clustered, address, common, host))
		e := h.Run()
		t.Cleanup(func() { e.Stop() })
		return address
	}
	const secret, another = "kB4wZrUoQm5yF0sVbC9hJ2nT6xL8eD1g", "zB4wZrUoQm5yF0sVbC9hJ2nT6xL8eD1g"
	bySecret := func(t *testing.T) (ours, theirs func() string) {
		return func() string { return secretive(t, secret) }, func() string { return secretive(t, another) }
	}
	byStore := func(t *testing.T) (ours, theirs func() string) {
		shared, apart := t.TempDir(), t.TempDir()
		return func() string { return stored(shared) }, func() string { return stored(apart) }
	}
	for _, c := range []struct {
		engines, foreign edge.Combination
		common           func(*testing.T) (ours, theirs func() string)
	}{
		{edge.BuiltIn, edge.StunnelAlone, bySecret},
		{edge.StunnelAlone, edge.BuiltIn, byStore},
		{edge.Native, front, bySecret},
		{front, edge.BuiltIn, byStore},
	} {
		t.Run(c.engines.Name, func(t *testing.T) {
			t.Parallel()
			ours, theirs := c.common(t)
			one, two := up(t, c.engines, ours(), "shop.test"), up(t, c.engines, ours(), "shop.test")
			stranger, other := up(t, c.engines, theirs(), "shop.test"), up(t, c.engines, ours(), "other.test")
			if c.foreign.TLS == "nginx" { // a cluster caches, and it does not
				ours = func() string { return stored(t.TempDir()) }
			}
			foreign := up(t, c.foreign, ours(), "shop.test")
			for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
				what := tls.VersionName(version)
				session := &oneSession{}
				if resumes(t, one, "shop.test", version, session) {
					t.Errorf("%s: the first session is resumed", what)
				}
				for at, address := range []string{one, two, one} {
					if !resumes(t, address, "shop.test", version, session) {
						t.Errorf("%s: at step %d a session of the cluster is not resumed", what, at)
					}
				}
				for where, address := range map[string]string{"stranger": stranger, "another site": other, "another engine": foreign} {
					name := "shop.test"
					if address == other {
						name = "other.test"
					}
					theirs := &oneSession{session.state}
					if resumes(t, address, name, version, theirs) {
						t.Errorf("%s: a session is resumed at %s", what, where)
					}
				}
			}
		})
	}
}

// D3: a daemon takes other keys by a reload, which ends no connection and is planned by its
// name: what was sealed before is not resumed any more, and what is sealed then is.
func TestD3OtherKeys(t *testing.T) {
	for _, c := range []edge.Combination{edge.StunnelAlone, edge.BuiltIn} {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			const secret, another = "kB4wZrUoQm5yF0sVbC9hJ2nT6xL8eD1g", "zB4wZrUoQm5yF0sVbC9hJ2nT6xL8eD1g"
			certificate := edge.NewCertificate(t, "shop.test", 7, 1<<40)
			var edges []*edge.Edge
			var addresses []string
			for range 2 {
				h, address := edge.NewHome(t, c), port.Free(t)
				h.Write("shared.crt", certificate.Chain)
				h.Write("shared.key", certificate.Key)
				h.Write("site.hcl", fmt.Sprintf(clustered, address, secretive(t, secret), "shop.test"))
				edges, addresses = append(edges, h.Run()), append(addresses, address)
			}
			session := &oneSession{}
			resumes(t, addresses[0], "shop.test", tls.VersionTLS13, session)
			before := *session
			open, err := tls.Dial("tcp", addresses[0], &tls.Config{InsecureSkipVerify: true, ServerName: "shop.test"}) // as above
			if err != nil {
				t.Fatal(err)
			}
			defer open.Close()
			for _, e := range edges {
				e.Replace(secret, another)
				plan, _ := e.Plan()
				if c.TLS == "stunnel" && (plan.Tiers[0].Action != "reload" || !slices.Equal(plan.Tiers[0].Why, []string{"the keys of tickets"})) {
					t.Errorf("the plan says %+v", plan.Tiers[0])
				}
				if r := e.Reload(); r.Code != 0 {
					t.Fatalf("reload exits with %d: %s", r.Code, r.Err)
				}
			}
			if _, err := fmt.Fprint(open, "GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"); err != nil {
				t.Error(err)
			}
			if answer, err := io.ReadAll(open); err != nil || len(answer) == 0 {
				t.Errorf("a connection from before the reload has %q, %v", answer, err)
			}
			if resumes(t, addresses[0], "shop.test", tls.VersionTLS13, &before) {
				t.Error("what was sealed with the old keys is resumed")
			}
			session = &oneSession{}
			resumes(t, addresses[0], "shop.test", tls.VersionTLS13, session)
			if !resumes(t, addresses[1], "shop.test", tls.VersionTLS13, session) {
				t.Error("what is sealed with the new keys is not resumed at the other edge")
			}
			edge.StopAll(edges...)
		})
	}
}
