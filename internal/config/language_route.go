package config

import (
	"time"

	"edgegen/internal/site"
)

func routeLanguage() *schema {
	return &schema{name: "route", title: "a route block", label: "/", many: true,
		words: "what is done for a path, which is the label, and everything below it; whole segments match. The label \"= /path\" stands for that path alone, \"~ ^/u/[0-9]+$\" for a regular expression of the decoded path. An exact path wins over regular expressions, of which the first that is written and fits is taken, and these over the longest path",
		arguments: []argument{
			{name: "backend", kind: textKind, serves: true, inside: true, by: cacheTier | webTier,
				words: "the app that answers what no file does", example: `"app"`,
				into:   in(func(r *site.Route) *string { return &r.Backend }),
				source: in(func(r *site.Route) *site.Source { return &r.BackendSource }), read: reads(readBackend)},
			{name: "internal", kind: flagKind, standard: "false", serves: true, inside: true, by: cacheTier | webTier,
				words: "no client reaches the route (404): an app of the site leads a request there, by answering with X-Accel-Redirect and a path. The answer has the files or the app of this route, and of the first app's header its Content-Type, Content-Disposition, Set-Cookie, Vary, Cache-Control and Expires", example: "true",
				into:   in(func(r *site.Route) *bool { return &r.Internal }),
				source: in(func(r *site.Route) *site.Source { return &r.InternalSource })},
			{name: "websocket", kind: flagKind, standard: "false", serves: true, by: cacheTier,
				words: "WebSocket handshakes go straight from the cache tier to the backend", example: "true",
				into:   in(func(r *site.Route) *bool { return &r.WebSocket }),
				source: in(func(r *site.Route) *site.Source { return &r.WebSocketSource })},
			{name: "stream", kind: flagKind, standard: "false", serves: true, by: cacheTier | webTier,
				words: "the bodies of requests reach the app as they arrive", example: "true",
				into:   in(func(r *site.Route) *bool { return &r.Stream }),
				source: in(func(r *site.Route) *site.Source { return &r.StreamSource })},
			{name: "body_size", kind: sizeKind, least: "1B", most: "1TiB", by: cacheTier | webTier,
				words: "the body of a request, in place of `edge { limits }`; over it 413", example: `"1GiB"`,
				into:   in(func(r *site.Route) *int64 { return &r.BodySize }),
				source: in(func(r *site.Route) *site.Source { return &r.BodySizeSource })},
			{name: "methods", kind: listKind, elements: 32, standard: `["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]`, by: cacheTier,
				words: "the methods that are taken, and no others: those are answered 405; GET brings HEAD along", example: `["GET", "POST"]`,
				into:   in(func(r *site.Route) *[]string { return &r.Methods }),
				source: in(func(r *site.Route) *site.Source { return &r.MethodsSource }), read: reads(readMethods)},
			{name: "allow", kind: listKind, elements: 1024, by: cacheTier,
				words: "networks whose clients may come in, and no others: those are answered 403. Of networks that hold an address the longest decides, and deny before allow", example: `["10.0.0.0/8"]`,
				into:   in(func(r *site.Route) *[]site.Prefix { return &r.Access.Allow }),
				source: in(func(r *site.Route) *site.Source { return &r.Access.AllowSource }), read: reads(readNetworks)},
			{name: "deny", kind: listKind, elements: 1024, by: cacheTier,
				words: "networks whose clients may not come in", example: `["10.0.9.0/24"]`,
				into:   in(func(r *site.Route) *[]site.Prefix { return &r.Access.Deny }),
				source: in(func(r *site.Route) *site.Source { return &r.Access.DenySource }), read: reads(readNetworks)},
		},
		blocks: []*schema{matchLanguage(), staticLanguage(), redirectLanguage(), rewriteLanguage(), rateLimitLanguage(), basicAuthLanguage(), forwardAuthLanguage(), routeCacheLanguage(), compressLanguage(), errorPageLanguage(), routeRawLanguage(),
			inside(headersLanguage("request_headers", "header fields of requests, on their way to the app", cacheTier|webTier, requestNames,
				func(r *site.Route) *site.HeaderRules { return &r.RequestHeaders })),
			headersLanguage("response_headers", "header fields of responses, on their way to the client; Cache-Control, Expires, Last-Modified and ETag are set in answers of 2xx and 304 alone", cacheTier, responseNames,
				func(r *site.Route) *site.HeaderRules { return &r.ResponseHeaders })},
		home:      several(func(s *siteDraft) *[]site.Route { return &s.Routes }),
		source:    in(func(r *site.Route) *site.Source { return &r.Source }),
		readLabel: labelled(readRoutePath),
		check:     checks(checkRoute),
	}
}

func matchLanguage() *schema {
	return &schema{name: "match", title: "a match block", either: []string{"methods", "headers", "query"},
		words: "what a request has to be like, besides its path, to take the route; of several routes with one path the first that fits is taken, and a shorter path where none does",
		arguments: []argument{
			{name: "methods", kind: listKind, elements: 32, by: cacheTier,
				words: "one of these methods; GET brings HEAD along", example: `["GET"]`,
				into: in(func(m *site.Match) *[]string { return &m.Methods }), read: reads(readMatchMethods)},
			{name: "head", kind: flagKind, standard: "true", by: cacheTier,
				words: "whether methods that have GET bring HEAD along", example: "false",
				into: in(func(m *site.Match) *bool { return &m.Head }), read: reads(readMatchHead)},
			{name: "headers", kind: objectKind, by: cacheTier,
				words: "fields and their values; of a field that stands there several times the values are joined by commas, and \"*\" at either end stands for any run of characters", example: `{ "X-Beta" = "1" }`,
				into: in(func(m *site.Match) *[]site.MatchedField { return &m.Headers }), read: reads(readMatchHeaders)},
			{name: "query", kind: objectKind, by: cacheTier,
				words: "parameters of the query and their values, however they are encoded; one that stands there several times needs to have the value once, and \"*\" at the end stands for any run of characters", example: `{ v = "2" }`,
				into: in(func(m *site.Match) *[]site.MatchedField { return &m.Query }), read: reads(readMatchQuery)},
		},
		home:   optional(func(r *site.Route) **site.Match { return &r.Match }),
		source: in(func(m *site.Match) *site.Source { return &m.Source }),
		check:  checks(checkMatch),
	}
}

func staticLanguage() *schema {
	return &schema{name: "static", title: "a static block", serves: true, inside: true, words: "files, which are looked for before the backend is asked",
		arguments: []argument{
			{name: "root", kind: textKind, needed: true, by: webTier,
				words: "the directory of the files; nothing outside of it is served, and no dot file", example: `"public"`,
				into:   in(func(s *staticDraft) *string { return &s.Root }),
				source: in(func(s *staticDraft) *site.Source { return &s.RootSource }), read: reads(readRoot)},
			{name: "index", kind: listKind, elements: 32, standard: `["index.html"]`, by: webTier,
				words: `what an entry of try_files that ends in "/" stands for`, example: `["index.html", "index.htm"]`,
				into: in(func(s *staticDraft) *[]string { return &s.index }), read: reads(readIndex)},
			{name: "try_files", kind: listKind, elements: 32, standard: `["$uri", "$uri/"]`, by: webTier,
				words: "the files that are looked for, in this order; $uri stands for the path of the request", example: `["$uri", "$uri.html"]`,
				into: in(func(s *staticDraft) *[]site.Try { return &s.TryFiles }), read: reads(readTryFiles)},
		},
		home:   home{in(func(r *site.Route) **site.Static { return &r.Static }), fillStatic},
		source: in(func(s *staticDraft) *site.Source { return &s.Source }),
	}
}

func redirectLanguage() *schema {
	return &schema{name: "redirect", title: "a redirect block", words: "an answer that leads elsewhere; header rules are all that can stand beside it",
		arguments: []argument{
			{name: "to", kind: textKind, needed: true, by: webTier,
				words: "an absolute path or an http or https URL; where the route is a regular expression, {1} and {name} in its path, query or fragment stand for what that captures, percent-encoded", example: `"/new"`,
				into: in(func(r *site.Redirect) *string { return &r.To }), read: reads(readTarget)},
			{name: "status", kind: numberKind, choices: []string{"301", "302", "303", "307", "308"}, standard: "302", by: webTier,
				words: "301 or 308 for good, 302 or 307 for now, 303 for another resource", example: "301",
				into: in(func(r *site.Redirect) *int { return &r.Status }), read: reads(readStatus)},
			{name: "path", kind: textKind, choices: []string{"keep", "drop"}, standard: `"drop"`, by: cacheTier | webTier,
				words: "whether what is below the route's path goes along, behind the path of the target", example: `"keep"`,
				into: in(func(r *site.Redirect) *string { return &r.Path })},
			{name: "query", kind: textKind, choices: []string{"keep", "drop"}, standard: `"drop"`, by: webTier,
				words: "whether the query of the request goes along, behind that of the target where it has one", example: `"keep"`,
				into: in(func(r *site.Redirect) *string { return &r.Query })},
		},
		home:   optional(func(r *site.Route) **site.Redirect { return &r.Redirect }),
		source: in(func(r *site.Redirect) *site.Source { return &r.Source }),
		check:  checks(checkRedirect),
	}
}

func rewriteLanguage() *schema {
	return &schema{name: "rewrite", title: "a rewrite block", serves: true, inside: true, either: []string{"strip_prefix", "add_prefix", "pattern"},
		words: "what the app is asked for in place of what the client has asked for; the cache, the access log, files and redirects keep to that",
		arguments: []argument{
			{name: "strip_prefix", kind: textKind, by: cacheTier,
				words: "a path that is taken off the beginning of another", example: `"/app"`,
				into: in(func(w *site.Rewrite) *string { return &w.StripPrefix }), read: reads(readPrefix(func(w *site.Rewrite) *string { return &w.StripPrefix }))},
			{name: "add_prefix", kind: textKind, by: cacheTier,
				words: "a path that is put in front, after that", example: `"/v2"`,
				into: in(func(w *site.Rewrite) *string { return &w.AddPrefix }), read: reads(readPrefix(func(w *site.Rewrite) *string { return &w.AddPrefix }))},
			{name: "pattern", kind: textKind, by: cacheTier,
				words: "a regular expression of the decoded path, as in a route's label; one that it does not match stays", example: `"^/u/([0-9]+)$"`,
				into: in(func(w *site.Rewrite) *string { return &w.Pattern }), read: reads(readPattern)},
			{name: "replacement", kind: textKind, by: cacheTier,
				words: "what takes the place of the path, with captures as in a redirect; the query of the request is added to its own", example: `"/users?id={1}"`,
				into: in(func(w *site.Rewrite) *string { return &w.Replacement }), read: reads(readReplacement)},
		},
		home:   optional(func(r *site.Route) **site.Rewrite { return &r.Rewrite }),
		source: in(func(w *site.Rewrite) *site.Source { return &w.Source }),
		check:  checks(checkRewrite),
	}
}

func routeCacheLanguage() *schema {
	return &schema{name: "cache", title: "a route's cache block", serves: true, words: "what the cache may keep beyond what responses say themselves",
		arguments: []argument{
			{name: "ttl", kind: durationKind, needed: true, least: "0s", most: "365d", by: cacheTier,
				words: "how long responses stay fresh that do not say so themselves, as files never do; without it, a file that changes shows at once", example: `"1h"`,
				into: in(func(r *site.Route) *time.Duration { return &r.TTL })},
		},
		home:   within(func(r *site.Route) *site.Route { return r }),
		source: in(func(r *site.Route) *site.Source { return &r.CacheSource }),
		check:  checks(func(b *block, r *site.Route) { r.HasTTL = b.has(&r.TTL) }),
	}
}

func compressLanguage() *schema {
	return &schema{name: "compress", title: "a compress block", serves: true,
		words: "answers are compressed for clients that take it, by their Accept-Encoding; an empty block takes all defaults",
		arguments: []argument{
			{name: "algorithms", kind: listKind, elements: 3, standard: `["br", "zstd", "gzip"]`, by: cacheTier | webTier,
				words: "the codings, of br (Brotli), zstd and gzip, the preferred first; a client's weights go before that", example: `["br", "gzip"]`,
				into: in(func(c *site.Compress) *[]string { return &c.Algorithms }), read: reads(readAlgorithms)},
			{name: "min_size", kind: sizeKind, standard: `"1KiB"`, least: "0B", most: "1GiB", by: cacheTier | webTier,
				words: "what is shorter passes as it is; an answer whose length is not known is taken to be long", example: `"2KiB"`,
				into: in(func(c *site.Compress) *int64 { return &c.MinSize })},
			{name: "types", kind: listKind, elements: 64, by: cacheTier | webTier,
				words: "the media types of the answers, \"*\" standing for any run of characters; by default text/*, JSON, XML, JavaScript, WebAssembly, SVG and fonts without a compression of their own. What is compressed by itself never is", example: `["text/*", "application/json"]`,
				into: in(func(c *site.Compress) *[]string { return &c.Types }), read: reads(readTypes)},
		},
		home:   optional(func(r *site.Route) **site.Compress { return &r.Compress }),
		source: in(func(c *site.Compress) *site.Source { return &c.Source }),
	}
}

func errorPageLanguage() *schema {
	return &schema{name: "error_page", title: "an error_page block", label: "404", many: true, serves: true,
		words: "a page in place of the edge's own words about an error, for the status in the label: 401, 403, 404, 405, 413, 429, a status from 500 on, or 5xx for all of these; the status stays. What an app says about an error is passed on as it is",
		arguments: []argument{
			{name: "file", kind: textKind, needed: true, by: cacheTier | webTier,
				words: "the page; the plain words are the answer where it cannot be read", example: `"404.html"`,
				into: in(func(p *site.ErrorPage) *string { return &p.File }), read: reads(readErrorPage)},
		},
		home:      several(func(r *site.Route) *[]site.ErrorPage { return &r.ErrorPages }),
		source:    in(func(p *site.ErrorPage) *site.Source { return &p.Source }),
		readLabel: labelled(readErrorStatus),
	}
}

// inside has a block stand on a route that no client reaches, too.
func inside(s *schema) *schema {
	s.inside = true
	return s
}
