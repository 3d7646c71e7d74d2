package explain

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// words are what hosts and paths are made of; few, so that they meet.
var words = []string{"a", "b", "sub", "page", "old", "ws", "index.html", "x.txt", ".env", ".well-known"}

// generated is a site that a generator made up, as HCL.
type generated struct {
	random *rand.Rand
	dir    string
	apps   []string // addresses
	// ours tells that edgegen itself reads HTTP/2, and not nginx.
	ours  bool
	quic  bool // HTTP/3 is spoken too
	text  strings.Builder
	hosts []string // that are claimed
}

func (g *generated) one(of ...string) string { return of[g.random.IntN(len(of))] }

func (g *generated) chance(percent int) bool { return g.random.IntN(100) < percent }

func (g *generated) line(format string, values ...any) { fmt.Fprintf(&g.text, format+"\n", values...) }

// site writes an edge with some sites.
func (g *generated) site(t *testing.T, engines string) string {
	g.files(t)
	g.line("edge {\n  http = [\"127.0.0.1:0\"]\n  https = [\"127.0.0.1:0\"]")
	g.line("  %s", engines)
	if g.quic {
		g.line("  protocols = [\"h1\", \"h2\", \"h3\"]")
	}
	g.line("  trusted_proxies = [\"127.0.0.9\"]\n  health_path = \"/healthz\"")
	g.line("  log {\n    access = \"access.log\"\n    format = \"%s\"\n  }\n  limits { body_size = \"1MiB\" }\n}", g.one("json", "combined"))
	for i := range 4 {
		host := fmt.Sprintf("s%d.test", i)
		g.hosts = append(g.hosts, host)
		g.line("site %q {", host)
		if i == 3 {
			g.line("  default = true")
		}
		if g.chance(70) {
			g.line("  aliases = [\"www.%s\"]", host)
			g.hosts = append(g.hosts, "www."+host)
		}
		if g.chance(70) {
			g.line("  hosts = [\"*.%s\", \"also-%s\"]", host, host)
			g.hosts = append(g.hosts, "x."+host, "x.y."+host, "also-"+host)
		}
		if g.chance(50) {
			g.line("  hsts { max_age = \"1h\" }")
		}
		g.line("  tls { self_signed = true }")
		if g.chance(50) {
			g.line("  cache { ignore_cookies = [\"_ga*\", \"seen\"] }")
		}
		if i == 2 {
			g.line("  maintenance { page = \"public/page.html\" }")
		} else if g.chance(50) {
			g.line("  maintenance { page = \"public/none.html\" }")
		}
		for j, app := range g.apps {
			g.line("  backend \"app%d\" { servers = [%q] }", j, app)
		}
		g.routes()
		g.line("}")
	}
	return g.text.String()
}

// routes writes routes of one site, each label once without a match block.
func (g *generated) routes() {
	taken := map[string]bool{}
	for range 9 {
		label := "/" + g.one("", "a", "b", "sub", "old", "ws")
		if g.chance(40) && label != "/" {
			label += "/" + g.one("a", "b", "sub", "page")
		}
		switch g.random.IntN(6) {
		case 0:
			label = "= " + label
		case 1:
			label = "~ " + g.one("^/[ab]/", "[.]txt$", "^/sub(/|$)", "page", "^/(ws|old)/?$")
		}
		match := g.one("", "", "methods = [\"GET\"]", "headers = { \"X-Debug\" = \"1\" }", "query = { n = \"1*\" }")
		if taken[label] || taken[label+match] {
			continue
		}
		taken[label+match] = true
		g.line("  route %q {", label)
		if match != "" {
			g.line("    match { %s }", match)
		}
		g.route(label)
		g.line("  }")
	}
}

func (g *generated) route(label string) {
	if g.chance(15) {
		captured, path := "", ""
		switch {
		case strings.Contains(label, "(ws|old)"):
			captured = "{1}"
		case label[0] == '/' && g.chance(50):
			path = "path = \"keep\""
		}
		g.line("    redirect {\n      to = \"https://elsewhere.test/%s\"\n      status = %s\n      query = %q\n      %s\n    }", cmp.Or(captured, g.one(words...)), g.one("301", "302", "303", "307", "308"), g.one("keep", "drop"), path)
		return
	}
	files, app := g.chance(60), g.chance(65)
	if files {
		g.line("    static {\n      root = \"public\"\n      try_files = [%s]\n    }", g.one(`"$uri"`, `"$uri", "$uri/index.html", "$uri.html"`, `"$uri", "$uri.html", "/index.html"`))
	}
	if app || !files {
		g.line("    backend = \"app%d\"", g.random.IntN(len(g.apps)))
		if g.chance(40) {
			g.line("    websocket = true")
		}
		if g.chance(30) {
			g.line("    rewrite {\n      %s\n    }", g.one("strip_prefix = \"/a\"", "add_prefix = \"/v2\"", "strip_prefix = \"/sub\"\n      add_prefix = \"/s\"",
				"pattern = \"^/([a-z]+)(/.*)?$\"\n      replacement = \"/app{2}?from={1}\""))
		}
	}
	if g.chance(25) {
		g.line("    methods = [%s]", g.one(`"GET", "HEAD"`, `"GET", "POST", "PROPFIND"`))
	}
	if g.chance(40) {
		g.line("    cache { ttl = %q }", g.one("0s", "1h"))
	}
	if g.chance(50) {
		g.line("    request_headers {\n      set = { \"X-Stage\" = %q }\n      default = { \"Accept-Language\" = \"en\" }\n      remove = [\"X-Debug\"]\n    }", g.one("live", "a b"))
	}
	if g.chance(50) {
		g.line("    response_headers {\n      set = { \"X-Frame-Options\" = \"DENY\", \"Cache-Control\" = \"max-age=5\" }\n      default = { \"Referrer-Policy\" = \"same-origin\", \"Expires\" = \"0\" }\n      remove = [\"X-Powered-By\"]\n    }")
	}
}

// files makes those that routes may serve.
func (g *generated) files(t *testing.T) {
	for _, name := range []string{"index.html", "a/index.html", "a/x.txt", "b.html", "sub/page.html", "sub/.env", ".env", "page.html", "x.txt", "x.txt.gz",
		".well-known/x.txt", "a/b/index.html", "old/x.txt", "ws/index.html"} {
		path := filepath.Join(g.dir, "public", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("file "+name+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
