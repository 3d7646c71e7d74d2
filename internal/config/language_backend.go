package config

import (
	"time"

	"edgegen/internal/site"
)

func backendLanguage() *schema {
	return &schema{name: "backend", title: "a backend block", label: "app", many: true, either: []string{"servers", "server"},
		words: "an app, by a name that the routes of its site use",
		arguments: []argument{
			{name: "servers", kind: listKind, by: edgegenItself | cacheTier | webTier,
				words: "where it listens: host:port, https://host[:port] or unix:/path; all addresses of a name are used", example: `["127.0.0.1:5000"]`,
				into: in(func(b *site.Backend) *[]site.Server { return &b.Servers }), read: reads(readServers)},
			{name: "resolve", kind: durationKind, standard: `"30s"`, least: "1s", most: "1d", by: edgegenItself,
				words: "how often the names among its servers are looked up again", example: `"5s"`,
				into: in(func(b *site.Backend) *time.Duration { return &b.Resolve })},
			{name: "balance", kind: textKind, choices: []string{string(site.RoundRobin), string(site.LeastConnections), string(site.ClientHash)}, standard: `"round_robin"`, by: edgegenItself,
				words: "how a server is chosen: in turn, the one with the least work, or one and the same for a client's address", example: `"least_connections"`,
				into: in(func(b *site.Backend) *site.Balance { return &b.Balance }), read: reads(readBalance)},
			{name: "host", kind: textKind, by: cacheTier | webTier,
				words: "what it is asked for by Host, in place of what the client has sent", example: `"app.example.com"`,
				into: in(func(b *site.Backend) *string { return &b.Host }), read: reads(readBackendHost)},
			{name: "command", kind: listKind, by: edgegenItself,
				words: "the program and its arguments, where edgegen is to run the app; no shell splits them", example: `["node", "app.js"]`,
				into: in(func(b *site.Backend) *[]string { return &b.Command }), read: reads(readCommand)},
			{name: "env", kind: objectKind, by: edgegenItself,
				words: "variables for the environment of the command", example: `{ STAGE = "production" }`,
				into: in(func(b *site.Backend) *[]site.Variable { return &b.Env }), read: reads(readEnvironment)},
			{name: "dir", kind: textKind, by: edgegenItself,
				words: "the working directory of the command; that of the file which names it where it is left out", example: `"/srv/app"`,
				into: in(func(b *site.Backend) *string { return &b.Dir }), read: reads(readWorkingDirectory)},
		},
		blocks:    []*schema{serverLanguage(), stickyLanguage(), backendTLSLanguage(), healthLanguage(), patienceLanguage(), fastcgiLanguage()},
		home:      several(func(s *siteDraft) *[]site.Backend { return &s.Backends }),
		source:    in(func(b *site.Backend) *site.Source { return &b.Source }),
		readLabel: labelled(readBackendName),
		check:     checks(checkBackend),
	}
}

func patienceLanguage() *schema {
	row := func(name, words, example string, of func(*site.Patience) *time.Duration) argument {
		return argument{name: name, kind: durationKind, least: "1ms", most: "365d", by: cacheTier | webTier, words: words, example: example, into: in(of)}
	}
	return &schema{name: "timeouts", title: "a backend's timeouts block", words: "how long this app is waited for; where it does not say, that is what `edge { timeouts }` does",
		arguments: []argument{
			row("connect", "to connect to it", `"1s"`, func(p *site.Patience) *time.Duration { return &p.Connect }),
			row("first_byte", "from a request that is sent to the first byte of its answer; over it 504", `"5m"`, func(p *site.Patience) *time.Duration { return &p.FirstByte }),
			row("between_bytes", "silence within an answer; an event stream has websocket_idle instead", `"1h"`, func(p *site.Patience) *time.Duration { return &p.BetweenBytes }),
		},
		home:   within(func(b *site.Backend) *site.Patience { return &b.Timeout }),
		source: in(func(p *site.Patience) *site.Source { return &p.Source }),
	}
}

func serverLanguage() *schema {
	return &schema{name: "server", title: "a server block", label: "127.0.0.1:5000", many: true,
		words: "one more server, of which there is something to say; its address is the label, as in servers",
		arguments: []argument{
			{name: "weight", kind: numberKind, standard: "1", least: "1", most: "100", by: edgegenItself,
				words: "its share of the requests, against the others'", example: "2",
				into: in(func(s *site.Server) *int { return &s.Weight })},
			{name: "backup", kind: flagKind, standard: "false", by: edgegenItself,
				words: "whether it is asked only where no other server can be", example: "true",
				into: in(func(s *site.Server) *bool { return &s.Backup })},
			{name: "max_connections", kind: numberKind, standard: "0", least: "0", most: "1000000", by: edgegenItself,
				words: "how many requests and WebSockets each of its addresses has at a time; over it another server is asked, and 503 is the answer where none is left; 0 for any number", example: "100",
				into: in(func(s *site.Server) *int { return &s.MaxConnections })},
		},
		home:      several(func(b *site.Backend) *[]site.Server { return &b.Servers }),
		source:    in(func(s *site.Server) *site.Source { return &s.Source }),
		readLabel: labelled(readServer),
		check:     checks(checkServer),
	}
}

func stickyLanguage() *schema {
	return &schema{name: "sticky", title: "a sticky block", words: "a client stays with the server that has answered it first, while that is well",
		arguments: []argument{
			{name: "cookie", kind: textKind, needed: true, by: edgegenItself,
				words: "the cookie that tells the server, without naming its address; as any other, it leads requests past the cache", example: `"edge_server"`,
				into: in(func(s *site.Sticky) *string { return &s.Cookie }), read: reads(readStickyCookie)},
			{name: "ttl", kind: durationKind, standard: `"0s"`, least: "0s", most: "365d", by: edgegenItself,
				words: "how long the client keeps the cookie; 0s for as long as a browser runs", example: `"1h"`,
				into: in(func(s *site.Sticky) *time.Duration { return &s.TTL })},
		},
		home:   optional(func(b *site.Backend) **site.Sticky { return &b.Sticky }),
		source: in(func(s *site.Sticky) *site.Source { return &s.Source }),
	}
}

func backendTLSLanguage() *schema {
	return &schema{name: "tls", title: "a backend's tls block", words: "how servers with https:// are spoken to; TLS 1.2 and 1.3 are",
		arguments: []argument{
			{name: "server_name", kind: textKind, by: edgegenItself,
				words: "the name that a server is asked for, and that its certificate has to be for; its own name or address where it is left out", example: `"app.example.com"`,
				into: in(func(t *site.BackendTLS) *string { return &t.ServerName }), read: reads(readServerName)},
			{name: "ca", kind: textKind, by: edgegenItself,
				words: "a file with the authorities in PEM that may have signed the certificate; those of the machine where it is left out", example: `"ca.pem"`,
				into: in(func(t *site.BackendTLS) *string { return &t.CA }), read: later},
			{name: "verify", kind: flagKind, standard: "true", by: edgegenItself,
				words: "whether the certificate is looked at; without that anybody may pose as the server", example: "false",
				into: in(func(t *site.BackendTLS) *bool { return &t.Verify }), read: reads(readVerify)},
			{name: "certificate", kind: textKind, by: edgegenItself,
				words: "a file with a certificate chain in PEM that is shown to a server that asks for one; read again on a reload", example: `"client.crt"`,
				into: in(func(t *site.BackendTLS) *string { return &t.Certificate }), read: later},
			{name: "key", kind: textKind, by: edgegenItself,
				words: "a file with the key of that certificate in PEM", example: `"client.key"`,
				into: in(func(t *site.BackendTLS) *string { return &t.Key }), read: later},
		},
		home:   within(func(b *site.Backend) *site.BackendTLS { return &b.TLS }),
		source: in(func(t *site.BackendTLS) *site.Source { return &t.Source }),
		check:  checks(checkBackendTLS),
	}
}

func healthLanguage() *schema {
	return &schema{name: "health", title: "a health block", words: "every server is asked again and again whether it is well; one that is not gets no request while another is",
		arguments: []argument{
			{name: "path", kind: textKind, standard: `"/"`, by: edgegenItself,
				words: "what is asked for, by GET", example: `"/healthz"`,
				into: in(func(h *site.Health) *string { return &h.Path }), read: reads(readHealthPath)},
			{name: "interval", kind: durationKind, standard: `"5s"`, least: "100ms", most: "1h", by: edgegenItself,
				words: "from one question to the next", example: `"1s"`,
				into: in(func(h *site.Health) *time.Duration { return &h.Interval })},
			{name: "timeout", kind: durationKind, standard: `"2s"`, least: "10ms", most: "1m", by: edgegenItself,
				words: "how long an answer may take, no longer than interval; where it is left out, no longer than that either", example: `"500ms"`,
				into: in(func(h *site.Health) *time.Duration { return &h.Timeout })},
			{name: "status", kind: textKind, standard: `"200-399"`, by: edgegenItself,
				words: "the statuses of a server that is well: numbers and ranges, with commas between them", example: `"200-299,404"`,
				into: in(func(h *site.Health) *[]site.StatusRange { return &h.Status }), read: reads(readHealthStatus)},
			{name: "healthy_after", kind: numberKind, standard: "2", least: "1", most: "100", by: edgegenItself,
				words: "how many good answers in a row make an unwell server well", example: "1",
				into: in(func(h *site.Health) *int { return &h.HealthyAfter })},
			{name: "unhealthy_after", kind: numberKind, standard: "3", least: "1", most: "100", by: edgegenItself,
				words: "how many failures in a row make a well server unwell; the first answer of one that is new decides by itself", example: "2",
				into: in(func(h *site.Health) *int { return &h.UnhealthyAfter })},
		},
		home:   optional(func(b *site.Backend) **site.Health { return &b.Health }),
		source: in(func(h *site.Health) *site.Source { return &h.Source }),
		check:  checks(checkHealth),
	}
}

func fastcgiLanguage() *schema {
	return &schema{name: "fastcgi", title: "a fastcgi block", words: "the app speaks FastCGI, as PHP-FPM does: a path leads to a script below root, or else to the index",
		arguments: []argument{
			{name: "root", kind: textKind, needed: true, by: edgegenItself,
				words: "the directory of the scripts, by the same name here and for the app; no other script is run", example: `"public"`,
				into: in(func(f *site.FastCGI) *string { return &f.Root }), read: reads(readScriptRoot)},
			{name: "index", kind: textKind, standard: `"index.php"`, by: edgegenItself,
				words: "the script for a directory, and that of root for every path that names no script; all scripts have its ending, and no file of the site that has it is served", example: `"app.php"`,
				into: in(func(f *site.FastCGI) *string { return &f.Index }), read: reads(readScriptIndex)},
			{name: "params", kind: objectKind, by: edgegenItself,
				words: "what scripts are told besides what CGI has for every request", example: `{ APP_ENV = "production" }`,
				into: in(func(f *site.FastCGI) *[]site.Variable { return &f.Params }), read: reads(readScriptParams)},
		},
		home:   optional(func(b *site.Backend) **site.FastCGI { return &b.FastCGI }),
		source: in(func(f *site.FastCGI) *site.Source { return &f.Source }),
	}
}
