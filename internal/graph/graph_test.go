package graph

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"edgegen/internal/config"
	"edgegen/internal/site"
)

// hostile says what each of the languages would take for its own.
const hostile = `
variable "token" {
  default   = "hunter2-and-more"
  sensitive = true
}
edge {
  http  = ["127.0.0.1:8080"]
  https = [":8443"]
}
site "vzine.us" {
  aliases = ["www.vzine.us"]
  tls { self_signed = true }
  backend "app" {
    servers = ["unix:/run/a\"]; end <b>&` + "`" + `.sock"]
    command = ["x"]
  }
  backend "down" { servers = ["127.0.0.1:1"] }
  route "/" {
    static { root = "." }
    backend   = "app"
    websocket = true
    cache { ttl = "1h" }
  }
  route "~ ^/[\"<>]$" { redirect { to = "https://b.test/&?t=${var.token}" } }
  route "/m" {
    match { headers = { "X-A" = "\"]<script>#quot;" } }
    backend = "down"
  }
}
`

func drawn(t *testing.T, engines site.Engines, format Format) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "site.hcl")
	if err := os.WriteFile(file, []byte(hostile), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, problems := config.Load(file)
	if loaded.Edge == nil {
		t.Fatal(problems)
	}
	var out strings.Builder
	if err := Of(loaded.Edge, engines, dir).Write(&out, format); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func native() site.Engines {
	return site.Engines{TLS: site.Stunnel, Cache: site.Varnish, Web: site.Nginx}
}

func TestV3Mermaid(t *testing.T) {
	text := drawn(t, native(), Mermaid)
	for _, line := range []string{
		`  clients -->|":8443<br/>https"| tls`,
		`  tls --> cache`,
		`    site0route0["#126; ^/#91;#34;#60;#62;#93;$<br/>302 #40;sensitive value#41;"]`,
		`    site0route1["/m<br/>X-A: #34;#93;#60;script#62;#35;quot#59;"]`,
		`    site0route2["/<br/>ttl 1h<br/>files ."]`,
		`    site0app0(["app<br/>unix:/run/a#34;#93;#59; end #60;b#62;#38;#96;.sock<br/>run by edgegen"])`,
		`  web --> site0route2 --> site0app0`,
		`  cache -.-> site0route3 -.-> site0app0`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("there is no line %s in\n%s", line, text)
		}
	}
}

func TestV3DOT(t *testing.T) {
	text := drawn(t, site.Engines{TLS: site.Builtin, Cache: site.Off, Web: site.Builtin}, DOT)
	for _, line := range []string{
		`  tls [label="builtin\ntls"];`,
		`  tls -> web;`,
		`    site0app0 [label="app\nunix:/run/a\"]; end <b>&` + "`" + `.sock\nrun by edgegen", shape=oval];`,
		`  web -> site0route3 [style=dashed];`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("there is no line %s in\n%s", line, text)
		}
	}
	if strings.Count(text, "{") != strings.Count(text, "}") {
		t.Errorf("braces do not match:\n%s", text)
	}
}

// An image is XML, whatever the site says, and everything is within it.
func TestV3SVG(t *testing.T) {
	text := drawn(t, native(), SVG)
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "script" {
			t.Errorf("a script:\n%s", text)
		}
	}
	for _, part := range []string{"vzine.us", "www.vzine.us (redirected)", ">ttl 1h<", "WebSocket", ":8443 https"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in\n%s", part, text)
		}
	}
}

// What is secret is drawn nowhere.
func TestV3Secret(t *testing.T) {
	for _, format := range Formats() {
		if text := drawn(t, native(), format); strings.Contains(text, "hunter2") {
			t.Errorf("%s:\n%s", format, text)
		}
	}
}

func TestShort(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"1h": time.Hour, "1m30s": 90 * time.Second, "1h30m": 90 * time.Minute, "1m": time.Minute, "5s": 5 * time.Second, "100ms": 100 * time.Millisecond, "10h0m10s": 10*time.Hour + 10*time.Second,
	} {
		if got := short(d); got != want {
			t.Errorf("short(%s) = %s, want %s", d, got, want)
		}
	}
}
