package generation

import (
	"testing"

	"edgegen/internal/render"
	"edgegen/internal/site"
)

// P6: a message about a line of a rendered file names the line of the HCL too.
func TestP6MessageNamesTheHCL(t *testing.T) {
	rendered := []byte("http {\n    # site.hcl:12: backend app\n    upstream app {\n        server 127.0.0.1:1;    # site.hcl:13\n    }\n}\n")
	g := &Generation{Output: &render.Output{Daemons: []render.Rendered{{Engine: site.Nginx, Files: []render.File{{Name: "nginx.conf", Data: rendered, Mentions: []render.Mention{
		{Line: 2, Source: site.Source{File: "site.hcl", Line: 12}}, {Line: 4, Source: site.Source{File: "site.hcl", Line: 13}},
	}}}}}}}
	for _, c := range []struct {
		name, says string
		line       int // 0 for none
	}{
		{"nginx", `2026/11/23 04:52:35 [emerg] 9#9: host not found in upstream "app" in /run/edgegen/config/nginx.conf:4`, 13},
		{"nginx", `2026/11/23 04:52:35 [emerg] 9#9: unknown directive "x" in /run/edgegen/config/nginx.conf:3`, 12},
		{"nginx", "2026/11/23 04:52:35 [notice] 9#9: signal process started", 0},
		{"varnishd", "2026/11/23 04:52:35 [emerg] 9#9: x in /run/edgegen/config/nginx.conf:4", 0},
	} {
		at, ok := g.Place(c.name, c.says)
		if ok != (c.line > 0) || at.Line != c.line {
			t.Errorf("%s %q: %v, %v", c.name, c.says, at, ok)
		}
	}
}
