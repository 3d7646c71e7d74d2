package generation

import (
	"errors"
	"strconv"
	"testing"

	"edgegen/internal/config"
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

// L6: what a daemon says without a line of the owner's text is told at that text.
func TestL6ComplaintsWithoutALine(t *testing.T) {
	const nginx, stunnel, vcl = 100, 200, 300 // in which the HCL has each file's text
	at := func(line int) site.Source { return site.Source{File: strconv.Itoa(line), Line: 1} }
	files := map[site.Engine]struct {
		name, text string
		first, end int // the lines of raw text, and the one behind them
		of         int // what is added to them in the HCL
	}{
		site.Nginx: {"nginx.conf", `http {
    server {
        limit_req zone=one;
        return 200 "$other ${an}";
        # $comment
        access_log /none/x.log;
        proxy_cache two;
    }
}
`, 3, 8, nginx},
		site.Stunnel: {"stunnel.conf", `[edgegen]
accept = 1
[https-1]
accept = 2
; text
verifyChain = yes
checkHost = x
[https-2]
accept = 3
`, 5, 8, stunnel},
		site.Varnish: {"default.vcl", `vcl 4.1;

# text
sub vcl_init { return (fail("x")); }
sub vcl_recv { }
`, 3, 5, vcl},
	}
	g := &Generation{Loaded: &config.Loaded{Edge: &site.Edge{}}, Output: &render.Output{}}
	for engine, one := range files {
		file := render.File{Name: one.name, Data: []byte(one.text), Mentions: []render.Mention{{Line: 1, Source: at(1)}}}
		for n := one.first; n < one.end; n++ {
			file.Mentions = append(file.Mentions, render.Mention{Line: n, Source: at(one.of + n), Raw: true})
		}
		file.Mentions = append(file.Mentions, render.Mention{Line: one.end, Source: at(2)})
		g.Output.Daemons = append(g.Output.Daemons, render.Rendered{Engine: engine, Files: []render.File{file}})
	}
	const notice = "2026/12/01 06:30:27 [notice] 9#9: using inherited sockets from \"3;\"\n"
	const failed = "nginx: configuration file /run/nginx.conf test failed\n"
	for _, c := range []struct {
		engine site.Engine
		said   string
		line   int
		says   string
	}{
		{site.Nginx, notice + "2026/12/01 06:30:27 [emerg] 9#9: unknown \"other\" variable\n" + failed, nginx + 4, `nginx refuses this raw text: unknown "other" variable`},
		{site.Nginx, "nginx: [emerg] unknown \"an\" variable\n", nginx + 4, `nginx refuses this raw text: unknown "an" variable`},
		{site.Nginx, "nginx: [emerg] unknown \"comment\" variable\n", nginx + 3, `nginx refuses this raw text: unknown "comment" variable`}, // none has it: the first
		{site.Nginx, "nginx: [emerg] zero size shared memory zone \"one\"\n", nginx + 3, `nginx refuses this raw text: zero size shared memory zone "one"`},
		{site.Nginx, "nginx: [emerg] open() \"/none/x.log\" failed (2: No such file or directory)\n", nginx + 6, `nginx refuses this raw text: open() "/none/x.log" failed (2: No such file or directory)`},
		{site.Nginx, "nginx: [emerg] \"proxy_cache\" zone \"two\" is unknown in /run/nginx.conf:8\n" + failed, nginx + 7, `nginx refuses this raw text: "proxy_cache" zone "two" is unknown`},
		{site.Nginx, "nginx: [emerg] unknown directive \"proxy_cach\" in /run/nginx.conf:7\n", nginx + 7, `nginx refuses this raw text: unknown directive "proxy_cach"`},
		{site.Nginx, "nginx: [emerg] host not found in upstream \"three\" in /run/nginx.conf:8\n", 2, `nginx refuses what is rendered from this: host not found in upstream "three"`},
		{site.Stunnel, "[!] Service [https-1]: Either \"CAfile\" or \"CApath\" has to be configured\n", stunnel + 6, `stunnel refuses this raw text: Either "CAfile" or "CApath" has to be configured`},
		{site.Stunnel, "[!] Service [https-1]: \"checkHost\" is odd\n", stunnel + 7, `stunnel refuses this raw text: "checkHost" is odd`},
		{site.Stunnel, "[!] SSL_CTX_set_cipher_list: ssl_lib.c:2: error:0A0000B9:SSL routines::no cipher match\n[!] Service [https-2]: Failed\n", 2, `stunnel refuses what is rendered from this: Failed: no cipher match`},
		{site.Varnish, "VCL \"edge_1\" Failed initialization\nMessage:\n\tx\n", vcl + 4, `varnish refuses this raw text: vcl_init fails: x`},
	} {
		err := g.RefusedBy(c.engine, c.said)
		refused := (*config.Refused)(nil)
		if !errors.As(err, &refused) || len(refused.Diagnostics) != 1 {
			t.Errorf("%q: %v", c.said, err)
			continue
		}
		if d := refused.Diagnostics[0]; d.File != at(c.line).File || d.Summary != c.says {
			t.Errorf("%q is told at %s: %s", c.said, d.File, d.Summary)
		}
	}
}
