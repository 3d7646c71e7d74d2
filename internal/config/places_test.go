package config

import (
	"path/filepath"
	"strings"
	"testing"
)

// loadHeld loads texts as the files of a site that are saved nowhere.
func loadHeld(t *testing.T, name, text string) (*Loaded, Diagnostics) {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	reader := NewReader(file, nil)
	reader.Hold(file, []byte(text))
	return reader.Load()
}

// What a message points at is what the person wrote, also where a block stands for
// several, and it says which of them it is about.
func TestL4Places(t *testing.T) {
	const begin = "site \"shop\" {\n  for_each = toset([\"blue\", \"green\"])\n  host     = \"${each.key}.test\"\n  tls { self_signed = true }\n  backend \"app\" { servers = [\"127.0.0.1:1\"] }\n"
	for _, c := range []struct{ name, text, place, instance string }{
		{"an argument of every site", begin + "  route \"/\" {\n    backend   = \"ap\"\n    websocket = true\n  }\n}\n", `"ap"`, `site.shop["blue"] and 1 more`},
		{"an argument of one site", begin + "  route \"/\" { backend = each.key == \"green\" ? \"ap\" : \"app\" }\n}\n", `each.key == "green" ? "ap" : "app"`, `site.shop["green"]`},
		{"a dynamic block", begin + "  dynamic \"route\" {\n    for_each = [\"/a\", \"b\"]\n    labels   = [route.value]\n    content { backend = \"app\" }\n  }\n}\n", `route.value`, `site.shop["blue"].route[1] and 1 more`},
		{"what a dynamic block holds", begin + "  dynamic \"route\" {\n    for_each = [\"/a\", \"/b\"]\n    labels   = [route.value]\n    content {\n      backend = \"app\"\n      wobsocket = true\n    }\n  }\n}\n", `wobsocket`, `site.shop["blue"].route[0] and 3 more`},
		{"after characters of several bytes", "# é😀\nsite \"a.test\" {\n  tls { self_signed = true }\n  backend \"app\" { servers = [\"127.0.0.1:1\"] }\n  route \"/\" { /* é😀 */ backend = \"ap\" }\n}\n", `"ap"`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, problems := loadHeld(t, "site.hcl", c.text)
			if len(problems) != 1 {
				t.Fatalf("%+v", problems)
			}
			p := problems[0]
			if got := c.text[p.Byte:p.EndByte]; !strings.Contains(got, c.place) {
				t.Errorf("it points at %q, and not at %q: %s", got, c.place, p.Summary)
			}
			if p.Instance != c.instance {
				t.Errorf("it is about %q, and not %q", p.Instance, c.instance)
			}
		})
	}
}

// JSON says the same as HCL.
func TestL2JSON(t *testing.T) {
	native, problems := loadHeld(t, "site.hcl", "site \"a.test\" {\n  tls { self_signed = true }\n  backend \"app\" { servers = [\"127.0.0.1:1\"] }\n  route \"/\" {\n    backend = \"app\"\n    cache { ttl = \"1h\" }\n  }\n}\n")
	if native.Edge == nil {
		t.Fatal(problems)
	}
	other, problems := loadHeld(t, "site.hcl.json", `{"site": {"a.test": {"tls": {"self_signed": true}, "backend": {"app": {"servers": ["127.0.0.1:1"]}}, "route": {"/": {"backend": "app", "cache": {"ttl": "1h"}}}}}}`)
	if other.Edge == nil {
		t.Fatal(problems)
	}
	if native.Edge.Meaning() != other.Edge.Meaning() {
		t.Error("they do not mean the same")
	}
}
