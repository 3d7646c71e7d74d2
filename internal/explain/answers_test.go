package explain

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"edgegen/internal/site"
)

const questions = `edge {
  http            = [":80"]
  https           = [":443"]
  trusted_proxies = ["10.0.0.0/8"]
  limits { body_size = "1MiB" }
}
site "a.test" {
  aliases = ["www.a.test"]
  tls { self_signed = true }
  backend "app" { servers = ["127.0.0.1:5000"] }
  backend "two" {
    servers = ["127.0.0.1:5001"]
    server "127.0.0.1:5002" { backup = true }
    sticky { cookie = "edge_server" }
  }
  backend "auth" { servers = ["127.0.0.1:5003"] }
  backend "php" {
    servers = ["unix:/run/php.sock"]
    fastcgi { root = "php" }
  }
  cache {
    ignore_cookies = ["_ga*"]
    ignore_query   = ["utm_*"]
  }
  route "/" {
    backend = "app"
  }
  route "/ws" {
    backend   = "app"
    websocket = true
  }
  route "/files" {
    static {
      root      = "public"
      try_files = ["$uri", "$uri/index.html", "$uri.html"]
    }
  }
  route "/ttl" {
    backend = "app"
    cache { ttl = "1h" }
  }
  route "/read" {
    backend = "app"
    methods = ["GET", "HEAD"]
  }
  route "/old" { redirect { to = "/new" } }
  route "/app" {
    backend = "app"
    rewrite {
      strip_prefix = "/app"
      add_prefix   = "/v2"
    }
  }
  route "/office" {
    backend = "app"
    allow   = ["10.0.0.0/8"]
  }
  route "/staff" {
    backend = "app"
    basic_auth {
      realm      = "Staff"
      users_file = "users"
    }
  }
  route "/auth" {
    backend = "app"
    forward_auth {
      backend = "auth"
      path    = "/verify"
    }
  }
  route "/limited" {
    backend = "app"
    rate_limit {
      rate  = "10/s"
      burst = 20
    }
  }
  route "/inside" {
    internal = true
    static { root = "public" }
  }
  route "/two" { backend = "two" }
  route "/php" { backend = "php" }
}
site "b.test" {
  tls { self_signed = true }
  backend "app" { servers = ["127.0.0.1:5000"] }
  route "/beta" {
    match {
      methods = ["GET"]
      headers = { "X-Beta" = "1" }
    }
    backend = "app"
  }
}
site "down.test" {
  tls { self_signed = true }
  maintenance { page = "down.html" }
  backend "app" { servers = ["127.0.0.1:5000"] }
  route "/" { backend = "app" }
}
`

// questioned is a directory with the files of the site that is asked about.
func questioned(t *testing.T) string {
	t.Helper()
	directory := t.TempDir()
	hash, err := bcrypt.GenerateFromPassword([]byte("x"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"public/files/a.html": "a", "public/files/.env": "secret", "public/files/dir/index.html": "dir", "down.html": "down",
		"users": "alice:" + string(hash) + "\n", "php/php/index.php": "<?php"} {
		path := filepath.Join(directory, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return directory
}

// TestV1FirstLine holds that the first line of an explanation answers the question that
// somebody has, whoever serves.
func TestV1FirstLine(t *testing.T) {
	directory := questioned(t)
	explainers := map[site.Engines]*Explainer{}
	for _, c := range []struct{ question, ask, fields, first string }{
		{"why 404: no such file", "GET https://a.test/files/x", "", "404: no file below public matches and route \"/files\" has no backend"},
		{"why 404: a dot file", "GET https://a.test/files/.env", "", "404: /files/.env names a dot file, which nobody gets"},
		{"why 404: no route", "GET https://b.test/x", "", "404: no route of b.test matches /x"},
		{"why 404: its match is not met", "GET https://b.test/beta", "", "404: no route of b.test matches /beta; route \"/beta\" is for GET and HEAD alone, and requests with X-Beta: 1"},
		{"why 404: it leads out", "GET https://a.test/../x", "", "404: the path has a segment \".\" or \"..\""},
		{"why 404: an internal route", "GET https://a.test/inside/x", "", "404: route \"/inside\" is internal: apps of the site lead requests there, and no client comes"},
		{"why 404: no script", "GET https://a.test/php/x.php", "", "404: no script below php is for /php/x.php"},
		{"which file is it", "GET https://a.test/files/a", "", "200: public/files/a.html (text/html; charset=utf-8)"},
		{"which file is it: a directory", "GET https://a.test/files/dir/", "", "200: public/files/dir/index.html (text/html; charset=utf-8)"},
		{"why 301: a slash", "GET https://a.test/files/dir", "", "301: public/files/dir/index.html serves a directory that was asked for without its last slash: redirected to /files/dir/"},
		{"why 301: an alias", "GET https://www.a.test/x?y", "", "301: www.a.test is an alias of a.test: redirected to https://a.test/x?y"},
		{"why 301: plain HTTP", "GET http://a.test/x", "", "301: plain HTTP: redirected to https://a.test/x"},
		{"why 302", "GET https://a.test/old", "", "302: route \"/old\" redirects to /new"},
		{"why 405: the route", "POST https://a.test/read", "", "405: route \"/read\" does not take POST, but GET, HEAD"},
		{"why 405: a method that nobody takes", "BREW https://a.test/", "", "405: route \"/\" does not take BREW, but GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"},
		{"why 405: a file", "POST https://a.test/files/a.html", "", "405: public/files/a.html is a file, which POST is no method for, and route \"/files\" has no backend"},
		{"why 421: a host of nobody", "GET https://c.test/", "", "421: no site claims host c.test (a.test, b.test, down.test, www.a.test are claimed)"},
		{"why 421: near one", "GET https://www.b.test/", "", "421: no site claims host www.b.test (b.test is claimed)"},
		{"why 400: no Upgrade", "GET https://a.test/ws", "Sec-WebSocket-Version: 13^Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "400: Upgrade does not say websocket, and route \"/ws\" takes WebSockets"},
		{"why 400: no Connection", "GET https://a.test/ws", "Upgrade: websocket^Sec-WebSocket-Version: 13^Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "400: Connection does not name upgrade, and route \"/ws\" takes WebSockets"},
		{"why 400: no key", "GET https://a.test/ws", "Connection: Upgrade^Upgrade: websocket^Sec-WebSocket-Version: 13", "400: Sec-WebSocket-Key is missing, and route \"/ws\" takes WebSockets"},
		{"why 400: a broken key", "GET https://a.test/ws", "Connection: Upgrade^Upgrade: websocket^Sec-WebSocket-Version: 13^Sec-WebSocket-Key: short", "400: Sec-WebSocket-Key is not 16 bytes in base64, and route \"/ws\" takes WebSockets"},
		{"why 400: by POST", "POST wss://a.test/ws", "", "400: a handshake is a GET, and route \"/ws\" takes WebSockets"},
		{"why 426", "GET https://a.test/ws", "Connection: Upgrade^Upgrade: websocket^Sec-WebSocket-Version: 8^Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "426: Sec-WebSocket-Version is not 13, and route \"/ws\" takes WebSockets"},
		{"why no WebSocket: not on the route", "GET wss://a.test/", "", "no WebSocket, as route \"/\" takes no WebSockets; MISS or HIT: app (127.0.0.1:5000) answers a miss, and that is stored only where it names its freshness (Cache-Control or Expires)"},
		{"why no WebSocket: plain HTTP", "GET ws://a.test/ws", "", "301: plain HTTP: redirected to https://a.test/ws"},
		{"a WebSocket", "GET wss://a.test/ws", "", "101: a WebSocket on route \"/ws\", piped to app (127.0.0.1:5000), if that agrees"},
		{"why 400: over HTTP/2", "GET https://a.test/ws", "h2^Upgrade: websocket", "400: the head is malformed: HTTP/2 has no Upgrade: a WebSocket is opened by CONNECT there (RFC 8441), or over HTTP/1.1"},
		{"why 400: two hosts", "GET https://a.test/", "h2^Host: b.test^:authority: a.test", "400: the head is malformed: host differs from :authority"},
		{"why no WebSocket: over HTTP/2", "GET wss://a.test/", "h2", "405: CONNECT asks for a WebSocket, and route \"/\" takes none"},
		{"why 400: the head", "GET https://a.test/", "A b: c", "400: the head is malformed: field name"},
		{"why 400: two lengths", "POST https://a.test/", "Content-Length: 1^Transfer-Encoding: chunked", "400: the head is malformed: ambiguous length"},
		{"why 400: a broken path", "GET https://a.test/%zz", "", "400: the path has an escape that is none, or a NUL"},
		{"why 413", "POST https://a.test/", "Content-Length: 2000000", "413: the body of 2000000 bytes is larger than limits.body_size, which is 1048576"},
		{"why 431", "GET https://a.test/", "LARGE", "431: the head is larger than limits.header_size"},
		{"why 417", "GET https://a.test/", "Expect: more", "417: Expect says \"more\", and nothing but 100-continue can be expected"},
		{"why not cached: a cookie", "GET https://a.test/ttl", "Cookie: _ga=1; session=2", "PASS: cookie \"session\" is not ignored; app (127.0.0.1:5000) answers"},
		{"why not cached: POST", "POST https://a.test/ttl", "", "PASS: POST is neither GET nor HEAD; app (127.0.0.1:5000) answers"},
		{"why not cached: no-store", "GET https://a.test/ttl", "Cache-Control: no-store", "PASS: the request's Cache-Control says no-store; app (127.0.0.1:5000) answers"},
		{"why not cached: a body", "GET https://a.test/ttl", "Content-Length: 3", "PASS: the request has a body; app (127.0.0.1:5000) answers"},
		{"why not cached: no freshness", "GET https://a.test/x", "", "MISS or HIT: app (127.0.0.1:5000) answers a miss, and that is stored only where it names its freshness (Cache-Control or Expires)"},
		{"why not cached: Authorization", "GET https://a.test/ttl", "Authorization: Bearer x", "MISS or HIT: app (127.0.0.1:5000) answers a miss, and that is stored for 1h where it names no freshness itself, and only where it says public, s-maxage or must-revalidate, as the request has Authorization"},
		{"why not cached: protected", "GET https://a.test/staff", "Authorization: Basic YWxpY2U6eA==", "MISS or HIT: app (127.0.0.1:5000) answers a miss, and that is stored only where it names its freshness (Cache-Control or Expires), and only where it says public, s-maxage or must-revalidate, as the request has Authorization, and only where it says public, as it is known who asks"},
		{"cached: ttl", "GET https://a.test/ttl", "", "MISS or HIT: app (127.0.0.1:5000) answers a miss, and that is stored for 1h where it names no freshness itself"},
		{"cached: the query is ignored", "GET https://a.test/ttl?utm_a=1&b=2", "", "MISS or HIT: app (127.0.0.1:5000) answers a miss, and that is stored for 1h where it names no freshness itself, as /ttl?b=2"},
		{"cached: an ignored cookie", "GET https://a.test/ttl", "Cookie: _ga=1", "MISS or HIT: app (127.0.0.1:5000) answers a miss, and that is stored for 1h where it names no freshness itself"},
		{"why 403", "GET https://a.test/office", "", "403: route \"/office\" does not let 192.0.2.1 in"},
		{"allowed", "GET https://a.test/office", "X-Peer: 10.1.1.1", "MISS or HIT: app (127.0.0.1:5000) answers a miss, and that is stored only where it names its freshness (Cache-Control or Expires)"},
		{"why 401: no password", "GET https://a.test/staff", "", "401: route \"/staff\" asks for a user and a password, and the request has none"},
		{"why 401: a wrong one", "GET https://a.test/staff", "Authorization: Basic YWxpY2U6d3Jvbmc=", "401: users has no such user and password"},
		{"why 429", "GET https://a.test/limited", "", "MISS or HIT: app (127.0.0.1:5000) answers a miss, and that is stored only where it names its freshness (Cache-Control or Expires); 429 if 192.0.2.1 comes more often than 10 times in 1s, with 20 more at once"},
		{"why 403: another app says so", "GET https://a.test/auth", "", "MISS or HIT: app (127.0.0.1:5000) answers a miss, and that is stored only where it names its freshness (Cache-Control or Expires), and only where it says public, as it is known who asks; unless auth does not let it in"},
		{"why 503", "GET https://down.test/", "", "503: the maintenance page down.html is there"},
		{"which app: rewritten", "GET https://a.test/app/x", "", "MISS or HIT: app (127.0.0.1:5000), asked for /v2/x, answers a miss, and that is stored only where it names its freshness (Cache-Control or Expires)"},
		{"which app: a backup", "GET https://a.test/two", "", "MISS or HIT: two (127.0.0.1:5001, 127.0.0.1:5002 where no other can be asked) answers a miss, and that is stored only where it names its freshness (Cache-Control or Expires)"},
		{"which app: by its cookie", "GET https://a.test/two", "Cookie: edge_server=abc", "PASS: cookie \"edge_server\" is not ignored; two (127.0.0.1:5001, 127.0.0.1:5002 where no other can be asked, by its cookie edge_server) answers"},
		{"which script", "GET https://a.test/php/index.php/more", "", "MISS or HIT: php (unix:/run/php.sock) answers a miss, and that is stored only where it names its freshness (Cache-Control or Expires)"},
	} {
		for _, engines := range []site.Engines{{TLS: site.Builtin, Cache: site.Builtin, Web: site.Builtin}, {TLS: site.Stunnel, Cache: site.Varnish, Web: site.Nginx}} {
			e := explainers[engines]
			if e == nil {
				e = servedBy(t, directory, questions, engines)
				explainers[engines] = e
			}
			method, url, _ := strings.Cut(c.ask, " ")
			asked := Asked{Method: method, URL: url}
			peer := netip.Addr{}
			for field := range strings.SplitSeq(c.fields, "^") {
				switch {
				case field == site.HTTP2:
					asked.Protocol = field
				case field == "LARGE":
					asked.Fields = append(asked.Fields, "X-Large: "+strings.Repeat("x", 1<<20))
				case strings.HasPrefix(field, "X-Peer: "):
					peer = netip.MustParseAddr(strings.TrimPrefix(field, "X-Peer: "))
				case field != "":
					asked.Fields = append(asked.Fields, field)
				}
			}
			r, err := Ask(asked)
			if err != nil {
				t.Fatal(err)
			}
			r.Peer = peer
			if r.Streams() && engines.TLS == site.Stunnel {
				continue // which speaks HTTP/1.1
			}
			if got := e.Explain(r).Answer; got != c.first {
				t.Errorf("%s: %s (%s) with %s says\n\t%q, not\n\t%q", c.question, c.ask, c.fields, engines.Cache, got, c.first)
			}
		}
	}
}
