package conformance

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"edgegen/internal/site"
)

// startCertAuth is an app that lets in whom it is told a certificate of.
func startCertAuth(t *testing.T) string {
	t.Helper()
	return serveHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(site.CertVerify) != site.CertVerified || !strings.HasPrefix(r.Header.Get(site.CertSubject), "CN=alice,") {
			w.WriteHeader(http.StatusPaymentRequired)
		}
	})
}

// forgedCertificate is what a client says of a certificate that it does not have, in
// every spelling that an app may not tell from the right one.
func forgedCertificate() []string {
	return []string{"X-Client-Cert-Verify: SUCCESS", "x-client-cert-subject: CN=root", "X-Client-Cert-Fingerprint: 00", "X_Client_Cert_Verify: SUCCESS",
		"X-Client_Cert-Subject: CN=root", "X-CLIENT-CERT_FINGERPRINT: 00"}
}

// told is what an app sees of a certificate, and that it sees nothing else of one.
func told(verify, subject, fingerprint string) map[string]string {
	sees := absent(forgedCertificate())
	sees[site.CertVerify], sees[site.CertSubject], sees[site.CertFingerprint] = verify, subject, fingerprint
	return sees
}

// certifiedCases are C5.
func certifiedCases() []contractCase {
	forged, nobody := forgedCertificate(), told("", "", "")
	const fingerprint = "~^[0-9a-f]{64}$"
	alice := told("SUCCESS", "CN=alice,O=Example", fingerprint)
	ask5 := func(name, shows, request string, w want) contractCase {
		return contractCase{clause: "C5", name: name, certified: true, shows: shows, request: request, want: w}
	}
	refused := want{status: 403, body: "403 Forbidden\n", reaches: never}
	odd := `CN=odd\, \"quoted\"\0D\0AX-Client-Cert-Verify: FORGED\00\C3\BC,O=Example`
	return []contractCase{
		{clause: "C5", name: "forged where nobody is asked", request: get("main.test", "/", forged...), want: want{status: 200, reaches: 1, sees: nobody}},
		{clause: "C5", name: "forged with a body", request: ask("POST", "main.test", "/", "hello", append(forged, "Content-Length: 5")...), want: want{status: 200, reaches: 1, sees: nobody}},
		{clause: "C5", name: "forged in a handshake", request: handshake("main.test", "/ws", forged...), answer: refuse(), want: want{status: 403, bare: true, reaches: 1, sees: nobody}},
		{clause: "C5", name: "named in Connection", request: get("main.test", "/", "Connection: X-Client-Cert-Verify"), want: want{status: 400, reaches: never}},
		{clause: "C5", name: "by a trusted proxy's word", from: "127.0.0.9", request: get("main.test", "/", forged[:3]...), want: want{status: 200, reaches: 1, sees: told("SUCCESS", "CN=root", "00")}},

		ask5("a good one", "alice", get("cert.test", "/in", forged...), want{status: 200, reaches: 1, sees: alice}),
		ask5("a good one with a body", "alice", ask("POST", "cert.test", "/in", "hello", append(forged, "Content-Length: 5")...), want{status: 200, reaches: 1, sees: alice}),
		{clause: "C5", name: "a good one in a handshake", certified: true, shows: "alice", request: handshake("cert.test", "/in", forged...), answer: refuse(), want: want{status: 403, bare: true, reaches: 1, sees: alice}},
		ask5("one that another authority between has given", "bob", get("cert.test", "/in", forged...), want{status: 200, reaches: 1, sees: told("SUCCESS", "CN=bob,O=Example", fingerprint)}),
		ask5("a name of odd bytes", "odd", get("cert.test", "/in", forged...), want{status: 200, reaches: 1, sees: told("SUCCESS", odd, fingerprint)}),
		ask5("none", "", get("cert.test", "/in", forged...), refused),
		ask5("one that is revoked", "revoked", get("cert.test", "/in"), refused),
		ask5("one that is revoked by an authority between", "carol", get("cert.test", "/in"), refused),
		ask5("one that has ended", "late", get("cert.test", "/in"), refused),
		ask5("one for servers", "server", get("cert.test", "/in"), refused),
		ask5("a name that no header takes", "long", get("cert.test", "/in"), refused),
		{clause: "C5", name: "by a trusted proxy's word, where clients are asked", certified: true, from: "127.0.0.9", request: get("cert.test", "/in", forged[:3]...), want: refused},

		ask5("optional, none", "", get("maybe.test", "/", forged...), want{status: 200, reaches: 1, sees: told("NONE", "", "")}),
		ask5("optional, a good one", "alice", get("maybe.test", "/", forged...), want{status: 200, reaches: 1, sees: alice}),
		ask5("optional, one of another authority", "mallory", get("maybe.test", "/"), refused),
		ask5("optional, no list is asked for", "revoked", get("maybe.test", "/"), want{status: 200, reaches: 1, sees: told("SUCCESS", "CN=revoked,O=Example", fingerprint)}),
		ask5("optional, a host that a wildcard stands for", "alice", get("a.maybe.test", "/"), want{status: 200, reaches: 1, sees: alice}),
		{clause: "C5", name: "optional, a WebSocket without one", certified: true, run: opened("maybe.test")},
		{clause: "C5", name: "optional, a WebSocket with a good one", certified: true, shows: "alice", run: opened("maybe.test")},
		ask5("optional, another app is told", "alice", get("maybe.test", "/verified"), want{status: 200, reaches: 1, sees: alice}),
		ask5("optional, another app is told of none", "", get("maybe.test", "/verified", forged...), want{status: 402, reaches: never}),

		{clause: "C5", name: "the handshake names another site", certified: true, shows: "alice", run: asOther("main.test", "cert.test")},
		{clause: "C5", name: "the handshake names nobody", certified: true, shows: "alice", run: asOther("", "cert.test")},
		{clause: "C5", name: "the handshake names another site that asks", certified: true, shows: "alice", run: asOther("maybe.test", "cert.test")},
		{clause: "C5", name: "the handshake names a stranger", certified: true, run: asOther("stranger.test", "maybe.test")},
		{clause: "C5", name: "the handshake names a site that asks, the request one that does not", certified: true, shows: "mallory", run: func(a *attempt) {
			a.named = "cert.test"
			a.check(a.ask(get("main.test", "/", forged...)), want{status: 200, reaches: 1, sees: nobody})
		}},
		{clause: "C5", name: "one after the other", certified: true, run: certifiedInOrder},
		{clause: "C5", name: "a session of TLS 1.2", certified: true, run: resumedCertified(tls.VersionTLS12)},
		{clause: "C5", name: "a session of TLS 1.3", certified: true, run: resumedCertified(tls.VersionTLS13)},
		{clause: "C5", name: "what is stored of who is known", certified: true, caches: true, shows: "alice", run: protectedTwice("cert.test", "~MISS|PASS", "Cache-Control: max-age=60")},
		{clause: "C5", name: "what is stored of who may be known", certified: true, caches: true, run: twice(get("maybe.test", "/kept"), get("maybe.test", "/kept"), "~MISS|PASS", page("x", "Cache-Control: max-age=60"))},
	}
}

// asOther asks for what one site has on a connection that names another.
func asOther(named, host string) func(*attempt) {
	return func(a *attempt) {
		a.named = named
		if named == "" {
			a.named = "192.0.2.1" // which no client names
		}
		for _, request := range []string{get(host, "/in"), get(strings.ToUpper(host)+".", "/in"), ask("POST", host, "/in", "hello", "Content-Length: 5"), get(host, "/in/file"), get(host, "/in/moved")} {
			a.check(a.ask(request), want{status: 421, reaches: never, headers: map[string]string{"X-Cache": "PASS"}})
		}
		if a.over == http1 {
			a.check(a.ask(handshake(host, "/in")), want{status: 421, reaches: never, closes: true})
		}
	}
}

// certifiedInOrder comes as far as each rule.
func certifiedInOrder(a *attempt) {
	step := func(from, shows string, status int, lines ...string) {
		a.show(shows)
		a.check(a.askFrom(a.own(from), get("ordered.test", "/", append(lines, "X-Key: "+from+shows+"{case}")...)), want{status: status, reaches: never})
	}
	step("127.0.%d.5", "", 403)
	step("127.0.%d.5", "", 403, basic("alice:secret"))
	step("127.0.%d.5", "", 429)
	step("127.0.%d.9", "mallory", 403, basic("alice:secret"))
	step("127.0.%d.9", "mallory", 403)
	step("127.0.%d.9", "mallory", 429)
	step("127.0.%d.9", "alice", 401, basic("alice:wrong"))
	step("127.0.%d.9", "alice", 401)
	step("127.0.%d.9", "alice", 429, basic("alice:secret"))
}

// resumedCertified takes up sessions of a site that asks, and of one that does not.
func resumedCertified(version uint16) func(*attempt) {
	return func(a *attempt) {
		kept := &oneSession{}
		for _, step := range []struct {
			named, host, shows string
			status             int
			resumed            bool
		}{
			{"main.test", "main.test", "", 200, false},
			{"main.test", "main.test", "", 200, true},
			{"cert.test", "cert.test", "", 403, false},      // none of main.test
			{"cert.test", "cert.test", "alice", 200, false}, // none without a certificate
			{"cert.test", "cert.test", "", 200, true},       // it is known whose it is
			{"maybe.test", "cert.test", "", 421, false},
			{"maybe.test", "maybe.test", "alice", 200, false},
			{"cert.test", "cert.test", "", 403, false}, // that was shown to another site
			{"cert.test", "cert.test", "revoked", 403, false},
			{"cert.test", "cert.test", "revoked", 403, true},
		} {
			a.show(step.shows)
			config := a.config(step.named)
			config.ClientSessionCache, config.MaxVersion = kept, version
			conn := tls.Client(a.dial("", a.edge.https), config)
			if _, err := fmt.Fprint(conn, a.fill("GET /in?case={case} HTTP/1.1\r\nHost: "+step.host+"\r\nConnection: close\r\n\r\n")); err != nil {
				a.fatalf("handshake as %q: %v", step.named, err)
			}
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				a.fatalf("as %q: %v", step.named, err)
			}
			_, _ = io.Copy(io.Discard, answer.Body)
			_, _ = io.Copy(io.Discard, conn) // tickets
			conn.Close()
			if resumed := conn.ConnectionState().DidResume; answer.StatusCode != step.status || resumed != step.resumed {
				a.errorf("as %q for %s with %q: %d and resumed %v, want %d and %v", step.named, step.host, step.shows, answer.StatusCode, resumed, step.status, step.resumed)
			}
		}
	}
}
