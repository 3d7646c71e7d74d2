package config

import "edgegen/internal/site"

func rateLimitLanguage() *schema {
	return &schema{name: "rate_limit", title: "a rate_limit block",
		words: "how often each client may ask; what is too much is answered 429, with Retry-After",
		arguments: []argument{
			{name: "key", kind: textKind, standard: `"client"`, by: cacheTier,
				words: "who is a client: \"client\" for an address, of IPv6 the first 64 bits, or \"header:NAME\" for the value of a field, and the address where that is missing", example: `"header:X-Api-Key"`,
				into: in(func(l *site.RateLimit) *string { return &l.Header }), read: reads(readLimitKey)},
			{name: "rate", kind: textKind, needed: true, by: cacheTier,
				words: "how many requests come, evenly spread, in a second, minute, hour or day", example: `"10/s"`,
				into: in(func(l *site.RateLimit) *int { return &l.Count }), read: reads(readRate)},
			{name: "burst", kind: numberKind, standard: "0", least: "0", most: "100000", by: cacheTier,
				words: "how many more may come at once", example: "20",
				into: in(func(l *site.RateLimit) *int { return &l.Burst })},
		},
		home:   optional(func(r *site.Route) **site.RateLimit { return &r.Access.Limit }),
		source: in(func(l *site.RateLimit) *site.Source { return &l.Source }),
		check:  checks(checkRateLimit),
	}
}

func basicAuthLanguage() *schema {
	return &schema{name: "basic_auth", title: "a basic_auth block",
		words: "users with passwords come in (RFC 7617); anybody else is answered 401. The app sees Authorization",
		arguments: []argument{
			{name: "realm", kind: textKind, standard: `"Restricted"`, by: cacheTier,
				words: "what the browser says that the password is for", example: `"Staff"`,
				into: in(func(b *site.BasicAuth) *string { return &b.Realm }), read: reads(readRealm)},
			{name: "users_file", kind: textKind, needed: true, by: cacheTier,
				words: "a file of users and hashed passwords, as htpasswd -B writes it: bcrypt, SHA-512-crypt, SHA-256-crypt and $apr1$. It is read again when it changes, without a reload, and never served", example: `"htpasswd"`,
				into: in(func(b *site.BasicAuth) *string { return &b.UsersFile }), read: reads(readUsersFile)},
		},
		home:   optional(func(r *site.Route) **site.BasicAuth { return &r.Access.Basic }),
		source: in(func(b *site.BasicAuth) *site.Source { return &b.Source }),
	}
}

func forwardAuthLanguage() *schema {
	return &schema{name: "forward_auth", title: "a forward_auth block",
		words: "an app says who comes in, as Authelia and oauth2-proxy do: it is sent a GET with the request's header fields, and what is asked for in X-Forwarded-Method, X-Forwarded-Proto, X-Forwarded-Host and X-Forwarded-Uri. An answer of 2xx lets the request in; any other one is the client's answer, cookies and all",
		arguments: []argument{
			{name: "backend", kind: textKind, needed: true, by: cacheTier,
				words: "the app that is asked", example: `"auth"`,
				into: in(func(f *site.ForwardAuth) *string { return &f.Backend }), read: reads(readVerifier)},
			{name: "path", kind: textKind, standard: `"/"`, by: cacheTier,
				words: "what it is asked for", example: `"/verify"`,
				into: in(func(f *site.ForwardAuth) *string { return &f.Path }), read: reads(readVerifierPath)},
			{name: "copy_headers", kind: listKind, elements: 32, by: cacheTier,
				words: "fields of its answer that the request gets; what the client has sent under these names is dropped", example: `["Remote-User"]`,
				into: in(func(f *site.ForwardAuth) *[]site.HeaderName { return &f.CopyHeaders }), read: reads(readCopied)},
		},
		home:   optional(func(r *site.Route) **site.ForwardAuth { return &r.Access.Forward }),
		source: in(func(f *site.ForwardAuth) *site.Source { return &f.Source }),
	}
}
