package conformance

import (
	"crypto/tls"
	"strings"

	"edgegen/internal/site"
	"edgegen/test/edge"
)

// rawTexts are what an edge, a site and a route say to each daemon in its own language.
func rawTexts() map[site.Engine][3]string {
	return map[site.Engine][3]string{
		site.Nginx: {
			"nginx = \"map $arg_raw $raw_kind { default other; a first; }\"",
			"nginx = <<-EOT\n location = /location {\n  default_type text/plain;\n  return 200 \"$raw_kind }\\n\";\n }\n add_header X-Raw-Nginx site always;\n proxy_set_header X-Raw-Nginx site;\nEOT",
			"nginx = <<-EOT\n if ($raw_kind = first) {\n  return 410;\n }\n add_header X-Raw-Route route always;\n proxy_hide_header X-Hidden;\n proxy_set_header X-Raw-Route route;\nEOT",
		},
		site.Stunnel: {"stunnel = \"ciphersuites = TLS_CHACHA20_POLY1305_SHA256\"", "stunnel = \"sessionCacheTimeout = 600\"", ""},
		site.Varnish: {
			"varnish {\n top = \"acl raw_here { \\\"127.0.0.0\\\"/8; }\"\n recv = \"if (client.ip ~ raw_here) { set req.http.X-Raw = \\\"edge\\\"; }\"\n}",
			`varnish {
  recv = <<-EOT
    if (req.http.X-Teapot) {
      return (synth(418, "Teapot"));
    }
    set req.http.Cookie = regsuball(req.http.Cookie, "theme=[^;]*;? ?", "");
    if (req.http.Cookie == "") { unset req.http.Cookie; }
  EOT
  hash             = "hash_data(req.http.X-Lang);"
  backend_fetch    = "set bereq.http.X-Fetch = \"site\";"
  backend_response = "unset beresp.http.Set-Cookie;"
  backend_error    = "set beresp.http.X-Error = \"site\";"
  hit              = "set req.http.X-Found = \"hit\";"
  miss             = "set req.http.X-Found = \"miss\";"
  pass             = "set req.http.X-Found = \"pass\";"
  deliver          = "set resp.http.X-Found = req.http.X-Found;"
  synth            = "set resp.http.X-Synth = \"site\";"
}`,
			"varnish {\n deliver = \"set resp.http.X-Route = \\\"route\\\";\"\n}",
		},
	}
}

// withRaw writes them where the combination has the daemons.
func withRaw(c edge.Combination, text string) string {
	var said [3]string
	for _, engine := range []site.Engine{site.Stunnel, site.Varnish, site.Nginx} {
		if !c.Has(engine) {
			continue
		}
		for i, one := range rawTexts()[engine] {
			said[i] += one + "\n"
		}
	}
	for i, place := range []string{"{raw edge}", "{raw site}", "{raw route}"} {
		if said[i] != "" {
			said[i] = "raw {\n" + said[i] + "}\n"
		}
		text = strings.ReplaceAll(text, place, said[i])
	}
	return text
}

// rawCases are L6: text in a daemon's own language does there what it says.
func rawCases() []contractCase {
	inNginx := []contractCase{
		{clause: "L6", name: "of a route, for its app", request: get("raw.test", "/app?raw=a"), want: want{status: 410, reaches: never}},
		{clause: "L6", name: "of a route, for other requests", request: get("raw.test", "/app?raw=b"), want: want{status: 200, reaches: 1}},
		{clause: "L6", name: "of a route, for streams of events", request: get("raw.test", "/app?raw=a", "Accept: text/event-stream"), want: want{status: 410, reaches: never}},
		{clause: "L6", name: "of a route, for its files", request: get("raw.test", "/letters.txt?raw=a"), want: want{status: 410, reaches: never}},
		{clause: "L6", name: "of no other route", request: get("raw.test", "/free?raw=a"), want: want{status: 200, reaches: 1}},
		{clause: "L6", name: "of a site, with a block and a brace in quotes", request: get("raw.test", "/location?raw=a"), want: want{status: 200, body: "first }\n", reaches: never}},
		{clause: "L6", name: "of a site, about headers", request: get("raw.test", "/free"), answer: say(page("x", "X-Hidden: y", "X-Accel-Expires: 1", "Content-Type: text/x")), want: want{status: 200, reaches: 1,
			headers: map[string]string{"X-Raw-Nginx": "site", "X-Hidden": "y", "X-Accel-Expires": "", "Content-Type": "text/x"}, sees: map[string]string{"X-Raw-Nginx": "site", "Host": "raw.test", "Connection": ""}}},
		{clause: "L6", name: "of a route, about headers", request: get("raw.test", "/app", "X_Forwarded_For: 9.9.9.9"), answer: say(page("x", "X-Hidden: y", "X-Accel-Expires: 1")), want: want{status: 200, reaches: 1,
			headers: map[string]string{"X-Raw-Route": "route", "X-Raw-Nginx": "", "X-Hidden": "", "X-Accel-Expires": ""}, sees: map[string]string{"X-Raw-Route": "route", "X-Raw-Nginx": "", "X_Forwarded_For": ""}}},
		{clause: "L6", name: "of a route, about headers of files", request: get("raw.test", "/letters.txt"), want: want{status: 200, reaches: never, headers: map[string]string{"X-Raw-Route": "route", "Content-Type": "text/plain; charset=utf-8"}}},
		{clause: "L6", name: "of no other site", request: get("open.test", "/location?raw=a"), want: want{status: 200, reaches: 1}},
	}
	found := func(what string) map[string]string { return map[string]string{"X-Found": what} }
	inVarnish := []contractCase{
		{clause: "L6", name: "of the edge in recv", request: get("open.test", "/"), want: want{status: 200, sees: map[string]string{"X-Raw": "edge"}, headers: found("")}},
		{clause: "L6", name: "of a site in recv, which answers", request: get("raw.test", "/app", "X-Teapot: 1"), want: want{status: 418, reaches: never, headers: map[string]string{"X-Synth": "site", "X-Found": ""}}},
		{clause: "L6", name: "of a site in synth", request: ask("BREW", "raw.test", "/", ""), want: want{status: 405, reaches: never, headers: map[string]string{"X-Synth": "site"}}},
		{clause: "L6", name: "of a site in backend_fetch", request: get("raw.test", "/app"), want: want{status: 200, sees: map[string]string{"X-Fetch": "site"}, headers: map[string]string{"X-Route": "route"}}},
		{clause: "L6", name: "of a route in deliver, and of no other", request: get("raw.test", "/free"), want: want{status: 200, headers: map[string]string{"X-Route": "", "X-Found": "miss"}}},
		{clause: "L6", name: "of a site in pass", request: ask("POST", "raw.test", "/app", "x", "Content-Length: 1"), want: want{status: 200, headers: found("pass")}},
		{clause: "L6", name: "of a site in hash, hit and miss", run: rawHash},
		{clause: "L6", name: "of a site in recv and backend_response, which let an answer be stored", run: rawStored},
	}
	inStunnel := []contractCase{{clause: "L6", name: "of the edge, about ciphers", run: func(a *attempt) {
		if got := a.handshake(&tls.Config{ServerName: "raw.test"}).CipherSuite; got != tls.TLS_CHACHA20_POLY1305_SHA256 {
			a.errorf("the cipher suite is %x", got)
		}
	}}}
	var cases []contractCase
	for engine, of := range map[site.Engine][]contractCase{site.Nginx: inNginx, site.Varnish: inVarnish, site.Stunnel: inStunnel} {
		for _, c := range of {
			c.edge, c.raw, c.name = "open", engine, string(engine)+" "+c.name
			c.tls = engine == site.Stunnel
			cases = append(cases, c)
		}
	}
	return cases
}

// rawHash tells stored answers apart by what is hashed.
func rawHash(a *attempt) {
	a.edge.record.answer(a.mark, say(page("x", "Cache-Control: max-age=60")))
	for i, lang := range []string{"a", "b"} {
		for _, what := range []string{"miss", "hit"} {
			a.check(a.ask(get("raw.test", "/app", "X-Lang: "+lang)), want{status: 200, reaches: i + 1, headers: map[string]string{"X-Found": what}})
		}
	}
}

// rawStored takes away the cookies that would keep a request, and its answer, from the
// cache.
func rawStored(a *attempt) {
	a.edge.record.answer(a.mark, say(page("x", "Cache-Control: max-age=60", "Set-Cookie: a=b")))
	for _, cache := range []string{"MISS", "HIT"} {
		a.check(a.ask(get("raw.test", "/app", "Cookie: theme=dark")), want{status: 200, reaches: 1, headers: map[string]string{"X-Cache": cache, "Set-Cookie": ""}})
	}
	a.check(a.ask(get("raw.test", "/app", "Cookie: theme=dark; session=1")), want{status: 200, reaches: 2, headers: map[string]string{"X-Cache": "PASS"}})
}
