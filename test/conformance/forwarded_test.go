package conformance

import (
	"maps"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"edgegen/internal/site"
)

// forwardedCases are F2: whose word about the client is believed.
func forwardedCases() []contractCase {
	forged := []string{"X-Forwarded-For: 6.6.6.6", "X-Real-IP: 6.6.6.6", "X-Forwarded-Proto: gopher", "X-Forwarded-Host: evil.test",
		"Forwarded: for=6.6.6.6;host=evil.test"}
	honest := map[string]string{"X-Forwarded-For": "127.0.0.2", "X-Real-Ip": "127.0.0.2", "X-Forwarded-Proto": "https",
		"X-Forwarded-Host": "main.test", "Forwarded": ""}
	proxies := []string{"X-Forwarded-Port: 1337", "X-Forwarded-Prefix: /evil", "X-Forwarded-Scheme: http", "X-Forwarded-Server: evil",
		"X-Forwarded-Ssl: off", "X-Forwarded-Path: /evil", "X-Forwarded-By: evil", "X-Forwarded-Protocol: http", "X-Forwarded-Uri: /evil",
		"X-Forwarded-User: root", "x-forwarded-access-token: evil"}
	proxies = append(proxies, "Client-IP: 6.6.6.6", "True-Client-IP: 6.6.6.6", "cf-connecting-ip: 6.6.6.6", "X-Cluster-Client-Ip: 6.6.6.6", "Forwarded-For: 6.6.6.6", "X-Forwarded: for=6.6.6.6")
	// "-" and "_" are one to many apps.
	alike := []string{"X_Forwarded_Port: 1337", "X-Forwarded_Port: 1337", "x_forwarded-port: 1337", "X-Forwarded_For: 6.6.6.6", "X_Real-IP: 6.6.6.6",
		"X_Request_Id: evil", "X_Forwarded_Host: evil.test", "X_Forwarded-Access_Token: evil", "True_Client-IP: 6.6.6.6", "Client_IP: 6.6.6.6"}
	notes := append(everyNote(), "Proxy: http://evil.test/")
	all := slices.Concat(proxies, alike, notes)
	trusted := func(name, client string, lines ...string) contractCase {
		return contractCase{clause: "F2", name: name, from: "127.0.0.9", request: get("main.test", "/", lines...),
			want: want{status: 200, sees: map[string]string{"X-Forwarded-For": client, "X-Real-Ip": client}}}
	}
	return []contractCase{
		{clause: "F2", name: "a client's words are dropped", from: "127.0.0.2", request: get("main.test", "/", forged...),
			want: want{status: 200, sees: honest}},
		{clause: "F2", name: "said twice", from: "127.0.0.2", request: get("main.test", "/", append(forged, forged...)...),
			want: want{status: 200, sees: honest}},
		{clause: "F2", name: "in lower case", from: "127.0.0.2", request: get("main.test", "/", "x-forwarded-for: 6.6.6.6", "x-real-ip: 6.6.6.6", "forwarded: for=6.6.6.6"),
			want: want{status: 200, sees: honest}},
		{clause: "F2", name: "with underscores", from: "127.0.0.2", request: get("main.test", "/", "X_Forwarded_For: 6.6.6.6", "X_Real_IP: 6.6.6.6", "X_Forwarded_Proto: http", "X_Forwarded_Host: evil.test"),
			want: want{status: 200, sees: map[string]string{"X_forwarded_for": "", "X_real_ip": "", "X_forwarded_proto": "", "X_forwarded_host": "",
				"X-Forwarded-For": "127.0.0.2"}}},
		{clause: "F2", name: "no note of a client reaches an app", request: get("main.test", "/", notes...),
			want: want{status: 200, sees: with(absent(notes), map[string]string{"X-Varnish": "", "Via": ""})}},
		{clause: "F2", name: "no note of a client reaches an app that is sent something", request: ask("POST", "main.test", "/", "x", append(notes, "Content-Length: 1")...),
			want: want{status: 200, sees: absent(notes)}},
		{clause: "F2", name: "no note of an app reaches a client", request: get("main.test", "/"), answer: say(page("x", everyNote()...)),
			want: want{status: 200, body: "x", headers: map[string]string{"X-Cache": "MISS"}}},
		{clause: "F2", name: "no note of an app reaches a client with what is stored", caches: true, run: notedAndStored},
		{clause: "F2", name: "what other proxies would say", from: "127.0.0.2", request: get("main.test", "/", all...), want: want{status: 200, sees: absent(all)}},
		{clause: "F2", name: "what other proxies would say where nobody is trusted", edge: "quick", from: "127.0.0.9", request: get("quick.test", "/", all...),
			want: want{status: 200, sees: absent(all)}},
		{clause: "F2", name: "what other proxies would say is not in what is stored", from: "127.0.0.2", request: get("main.test", "/ttl", all...),
			want: want{status: 200, headers: map[string]string{"X-Cache": "MISS"}, sees: absent(all)}},
		{clause: "F2", name: "what other proxies would say is not in what is fetched again", caches: true, run: freshensHonestly(all)},
		{clause: "F2", name: "what a trusted peer says besides", from: "127.0.0.9", request: get("main.test", "/", all...),
			want: want{status: 200, sees: with(absent(slices.Concat(alike, notes)), map[string]string{"X-Forwarded-Port": "1337", "X-Forwarded-User": "root"})}},
		{clause: "F2", name: "what nobody is known to say", from: "127.0.0.2", request: get("main.test", "/", "X-Forwarded-Weather: evil"),
			want: want{status: 200, sees: map[string]string{"X-Forwarded-Weather": ""}}, differs: "varnish-unknown-names", observed: "^at the backend X-Forwarded-Weather is"},
		{clause: "F2", name: "nobody is trusted by default", edge: "quick", from: "127.0.0.9", request: get("quick.test", "/", forged...),
			want: want{status: 200, sees: map[string]string{"X-Forwarded-For": "127.0.0.9", "X-Real-Ip": "127.0.0.9", "X-Forwarded-Proto": "https",
				"X-Forwarded-Host": "quick.test", "Forwarded": ""}}},
		{clause: "F2", name: "a cached answer is made with honest words", from: "127.0.0.2", request: get("main.test", "/ttl", forged...),
			want: want{status: 200, sees: honest}},
		trusted("a trusted peer's word", "198.51.100.7", "X-Forwarded-For: 198.51.100.7"),
		trusted("a trusted peer that says nothing", "127.0.0.9"),
		trusted("the chain is walked from the right", "198.51.100.7", "X-Forwarded-For: 6.6.6.6, 198.51.100.7"),
		trusted("over trusted proxies", "198.51.100.7", "X-Forwarded-For: 6.6.6.6, 198.51.100.7, 10.1.2.3, 127.0.0.10"),
		trusted("a chain of trusted proxies alone", "10.9.9.9", "X-Forwarded-For: 10.9.9.9, 10.1.2.3"),
		trusted("in two lines", "198.51.100.7", "X-Forwarded-For: 6.6.6.6, 198.51.100.7", "X-Forwarded-For: 10.1.2.3"),
		trusted("without spaces", "198.51.100.7", "X-Forwarded-For: 6.6.6.6,198.51.100.7,10.1.2.3"),
		trusted("an IPv6 client", "2001:db9::7", "X-Forwarded-For: 2001:db9::7, 2001:db8::1"),
		trusted("nonsense ends the walk", "10.1.2.3", "X-Forwarded-For: 198.51.100.7, unknown, 10.1.2.3"),
		trusted("nonsense alone", "127.0.0.9", "X-Forwarded-For: <script>"),
		trusted("an empty chain", "127.0.0.9", "X-Forwarded-For:"),
		trusted("with a port", "198.51.100.7", "X-Forwarded-For: 198.51.100.7:51234"),
		trusted("in brackets", "2001:db9::7", "X-Forwarded-For: [2001:db9::7]"),
		trusted("in brackets with a port", "2001:db9::7", "X-Forwarded-For: [2001:DB9:0::7]:4444"),
		trusted("a chain with ports and brackets", "198.51.100.7", "X-Forwarded-For: 6.6.6.6:1, 198.51.100.7:65535, [2001:db8::1]:4444,10.1.2.3:80"),
		trusted("an IPv4 address in an IPv6 one", "198.51.100.7", "X-Forwarded-For: ::ffff:198.51.100.7, [::ffff:10.1.2.3]:80"),
		trusted("with a zone", "fe80::7", "X-Forwarded-For: fe80::7%eth0"),
		trusted("a number", "10.1.2.3", "X-Forwarded-For: 80, 10.1.2.3"),
		trusted("octal", "10.1.2.3", "X-Forwarded-For: 198.051.100.7, 10.1.2.3"),
		trusted("a port alone", "10.1.2.3", "X-Forwarded-For: :51234, 10.1.2.3"),
		trusted("Forwarded", "198.51.100.7", "Forwarded: for=6.6.6.6, proto=https;for=198.51.100.7;by=10.1.2.3"),
		trusted("Forwarded with quotes and a port", "2001:db9::7", `Forwarded: For="[2001:db9::7]:4711";proto=http, for="10.1.2.3:80"`),
		trusted("X-Forwarded-For before Forwarded", "198.51.100.7", "Forwarded: for=6.6.6.6", "X-Forwarded-For: 198.51.100.7"),
		{clause: "F5", name: "the log of a trusted peer's client with a port", run: loggedBare},
		trusted("X-Real-IP alone is no chain", "127.0.0.9", "X-Real-IP: 6.6.6.6"),
		{clause: "F2", name: "a trusted peer's scheme and host", tls: true, from: "127.0.0.9",
			request: get("main.test", "/", "X-Forwarded-Proto: http", "X-Forwarded-Host: outer.test"),
			want:    want{status: 200, sees: map[string]string{"X-Forwarded-Proto": "http", "X-Forwarded-Host": "outer.test", "Host": "main.test"}}},
		{clause: "F2", name: "a trusted peer's odd scheme", from: "127.0.0.9", request: get("main.test", "/", "X-Forwarded-Proto: gopher"),
			want: want{status: 200, sees: map[string]string{"X-Forwarded-Proto": "https"}}},

		{clause: "F4", name: "the client's address in a handshake", from: "127.0.0.2", request: handshake("main.test", "/ws"), answer: refuse(),
			want: want{status: 403, bare: true, reaches: 1, sees: map[string]string{"X-Forwarded-For": "127.0.0.2", "X-Real-Ip": "127.0.0.2",
				"X-Forwarded-Proto": "https", "X-Forwarded-Host": "main.test", "Host": "main.test", "X-Request-Id": "~.{16}"}}},
		{clause: "F4", name: "forged words in a handshake", from: "127.0.0.2", request: handshake("main.test", "/ws", forged...), answer: refuse(),
			want: want{status: 403, bare: true, reaches: 1, sees: honest}},
		{clause: "F4", name: "what other proxies would say in a handshake", from: "127.0.0.2", request: handshake("main.test", "/ws", all...), answer: refuse(),
			want: want{status: 403, bare: true, reaches: 1, sees: absent(all)}},
		{clause: "F4", name: "another method's name in a handshake", request: handshake("main.test", "/ws", "X-HTTP-Method-Override: DELETE", "X-Method-Override: PUT"), answer: refuse(),
			want: want{status: 403, bare: true, reaches: 1, sees: absent([]string{"X-HTTP-Method-Override: DELETE", "X-Method-Override: PUT"})}},
		{clause: "F4", name: "what a trusted peer says besides in a handshake", from: "127.0.0.9", request: handshake("main.test", "/ws", all...), answer: refuse(),
			want: want{status: 403, bare: true, sees: with(absent(slices.Concat(alike, notes)), map[string]string{"X-Forwarded-Port": "1337"})}},
		{clause: "F4", name: "a trusted peer's handshake", from: "127.0.0.9", request: handshake("main.test", "/ws", "X-Forwarded-For: 6.6.6.6, 198.51.100.7"), answer: refuse(),
			want: want{status: 403, bare: true, sees: map[string]string{"X-Forwarded-For": "198.51.100.7", "X-Real-Ip": "198.51.100.7"}}},
		{clause: "F4", name: "hop-by-hop headers of a handshake", answer: refuse(),
			request: handshake("main.test", "/ws", "Connection: X-Hop", "X-Hop: 1", "Keep-Alive: timeout=5", "TE: trailers", "Proxy-Authorization: Basic eDp5"),
			want:    want{status: 403, bare: true, sees: map[string]string{"X-Hop": "", "Keep-Alive": "", "Te": "", "Proxy-Authorization": "", "Upgrade": "websocket"}},
			differs: "nginx-connection-lines", observed: `X-Hop is "1"`},
		{clause: "F4", name: "no note of a handshake reaches an app", answer: refuse(), request: handshake("main.test", "/ws", notes...),
			want: want{status: 403, bare: true, sees: with(absent(notes), map[string]string{"X-Varnish": "", "Via": ""})}},
		{clause: "F4", name: "request rules in a handshake", answer: refuse(), request: handshake("main.test", "/ws", "X-Debug: 1"),
			want: want{status: 403, bare: true, sees: map[string]string{"X-Stage": "live", "X-Debug": ""}}},
	}
}

// everyNote are the headers in which the tiers talk to each other, as somebody
// else may send them.
func everyNote() []string {
	var lines []string
	for _, name := range site.NoteNames() {
		lines = append(lines, name+": 1")
	}
	return lines
}

// notedAndStored: what an app writes under the names of notes is in no answer that
// is stored, neither the first time nor later.
func notedAndStored(a *attempt) {
	lines := append(everyNote(), "ETag: \"1\"", "Cache-Control: max-age=60")
	a.edge.record.answer(a.mark, say(page("x", lines...)))
	for _, verdict := range []string{"MISS", "HIT"} {
		a.check(a.ask(get("main.test", "/")), want{status: 200, body: "x", headers: map[string]string{"X-Cache": verdict}})
	}
}

// loggedBare: the log has the address alone, as the app has it.
func loggedBare(a *attempt) {
	lines := len(a.linesBefore())
	a.check(a.askFrom("127.0.0.9", get("main.test", "/", "X-Forwarded-For: [2001:db9::7]:4444")), want{status: 200})
	a.compare("client", a.entries(lines + 1)[lines].Client, "2001:db9::7")
}

// refuse answers a handshake with 403 and closes, as an app does that is told to.
func refuse() func(*exchange) {
	return say("HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n")
}

// absent expects that none of the header lines reaches the backend.
func absent(lines []string) map[string]string {
	none := map[string]string{}
	for _, line := range lines {
		name, _, _ := strings.Cut(line, ":")
		none[textproto.CanonicalMIMEHeaderKey(name)] = ""
	}
	return none
}

// with is both.
func with(some, others map[string]string) map[string]string {
	maps.Copy(some, others)
	return some
}

// freshensHonestly: nor do the lines of a client that gets a stale answer reach
// the app that is asked for a fresh one behind it.
func freshensHonestly(lines []string) func(*attempt) {
	return func(a *attempt) {
		a.edge.record.answer(a.mark, say(page("x")))
		a.expired(get("patient.test", "/brief"), 200*time.Millisecond)
		a.check(a.ask(get("patient.test", "/brief", lines...)), want{headers: map[string]string{"X-Cache": "STALE"}})
		deadline := time.Now().Add(patience)
		for len(a.seen()) < 2 && time.Now().Before(deadline) {
			time.Sleep(10 * time.Millisecond) // between two looks
		}
		if len(a.seen()) != 2 {
			a.errorf("%d fetches, want 2", len(a.seen()))
		}
		for name, value := range absent(lines) {
			a.compare("at the backend "+name, strings.Join(a.last().header.Values(name), ", "), value)
		}
	}
}
