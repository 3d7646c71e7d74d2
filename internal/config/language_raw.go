package config

import (
	"edgegen/internal/rawtext"
	"edgegen/internal/site"
)

const rawWords = "text in a daemon's own language, which goes into its file as it is, for what this language has no word for. The daemon looks at it before it is served, and what it refuses is told at the line here. The tier is never builtin then: while its daemon is down nobody stands in for it"

// rawLanguage is the raw block of what has the texts.
func rawLanguage[M any](whose string, of func(*M) **site.RawTexts, arguments []argument, hooks *schema) *schema {
	hooks.title = whose + " varnish block"
	return &schema{name: "raw", title: whose + " raw block", words: rawWords, arguments: arguments, blocks: []*schema{hooks}, home: optional(of)}
}

func edgeRawLanguage() *schema {
	hooks := rawVarnishLanguage("of every request that a route has been found for")
	hooks.arguments = append([]argument{rawRow("top", "declarations in front of all subroutines, as import, acl, backend and sub; blob, purge and std are imported",
		`"import cookie;"`, cacheTier, rawtext.VCL, in(func(v *site.RawVCL) *site.Raw { return &v.Top }))}, hooks.arguments...)
	return rawLanguage("an edge's", func(e *site.Edge) **site.RawTexts { return &e.Raw }, []argument{
		rawNginx("directives at the end of what nginx's http block says for all", `"log_format short '$uri';"`, rawtext.NginxHTTP),
		rawStunnel("options in each service of stunnel's, as lines `name = value`"),
	}, hooks)
}

func siteRawLanguage() *schema {
	return rawLanguage("a site's", func(s *siteDraft) **site.RawTexts { return &s.Raw }, []argument{
		rawNginx("directives at the end of the site's server block", `"limit_rate 1m;"`, rawtext.Nginx),
		rawStunnel("options in stunnel's service for each name of the site, and in those for clients that name nobody where the site answers them"),
	}, rawVarnishLanguage("of requests for the site"))
}

func routeRawLanguage() *schema {
	return rawLanguage("a route's", func(r *site.Route) **site.RawTexts { return &r.Raw }, []argument{
		rawNginx("directives at the end of each location that serves the route: of its files, of its app, and of the second try", `"limit_rate 100k;"`, rawtext.Nginx),
	}, rawVarnishLanguage("of requests that take the route"))
}

func rawNginx(words, example string, check func(string) *rawtext.Problem) argument {
	return rawRow("nginx", words+". Where a location has an add_header or a proxy_set_header of its own, nginx drops those of the server around it; what edgegen says by such directives is said there once more", example, webTier,
		check, in(func(r *site.RawTexts) *site.Raw { return &r.Nginx }))
}

func rawStunnel(words string) argument {
	return rawRow("stunnel", words, `"sessionCacheSize = 5000"`, tlsTier, rawtext.Stunnel, in(func(r *site.RawTexts) *site.Raw { return &r.Stunnel }))
}

func rawRow(name, words, example string, by tier, check func(string) *rawtext.Problem, into field) argument {
	return argument{name: name, kind: textKind, words: words, example: example, by: by, into: into, read: rawIn(check)}
}

// rawVarnishLanguage has a row for each subroutine.
func rawVarnishLanguage(of string) *schema {
	words := map[string]string{
		"recv":             "in vcl_recv, when the route has been found and the request may come in, and once for each; req.backend_hint is set afterwards",
		"hash":             "in vcl_hash, as hash_data(…) of what more tells stored answers apart",
		"hit":              "in vcl_hit, where what is stored is about to be delivered",
		"miss":             "in vcl_miss, where the web tier is about to be asked",
		"pass":             "in vcl_pass",
		"pipe":             "in vcl_pipe, for a WebSocket that is about to be opened",
		"backend_fetch":    "in vcl_backend_fetch, when all else has been said of what the web tier is asked",
		"backend_response": "in vcl_backend_response, before the answer is judged: what it says of its freshness (Cache-Control) and of cookies (Set-Cookie) counts, and beresp.ttl is set afterwards",
		"backend_error":    "in vcl_backend_error, where the web tier has not answered",
		"deliver":          "in vcl_deliver, when all else has been said of the answer",
		"synth":            "in vcl_synth, when all else has been said of an answer of the edge's own, which it may be before a site is found",
	}
	examples := map[string]string{
		"recv": `"set req.http.X-Device = \"phone\";"`, "hash": `"hash_data(req.http.X-Device);"`, "backend_response": `"unset beresp.http.Set-Cookie;"`,
		"backend_fetch": `"set bereq.http.X-Fetched-By = server.hostname;"`, "deliver": `"set resp.http.X-Served-By = server.hostname;"`,
		"synth": `"set resp.http.X-Served-By = server.hostname;"`, "backend_error": `"set beresp.http.Retry-After = \"5\";"`,
	}
	schema := &schema{name: "varnish", words: "statements in the subroutines of default.vcl, " + of + ". A return ends all that edgegen does in that subroutine; `req.http.X-Edge-*` is edgegen's own",
		home: within(func(r *site.RawTexts) *site.RawVCL { return &r.Varnish })}
	for _, hook := range site.RawHooks() {
		example := examples[hook.Name]
		if example == "" {
			example = `"std.log(\"` + hook.Name + `\");"`
		}
		schema.arguments = append(schema.arguments, rawRow(hook.Name, words[hook.Name], example, cacheTier, rawtext.VCL, in(hook.Of)))
	}
	return schema
}
