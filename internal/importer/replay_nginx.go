package importer

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// nginx writes a configuration with other listeners, apps and directories.
func (p *replay) nginx(conf *directive) {
	var out strings.Builder
	fmt.Fprintf(&out, "pid %s/nginx.pid;\nerror_log %s/nginx.log;\ndaemon off;\nworker_processes 1;\n", p.Directory, p.Directory)
	paths := "access_log off;\n"
	for _, name := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		paths += fmt.Sprintf("%s_temp_path %s/%s;\n", name, p.Directory, name)
	}
	if _, err := os.Stat("/etc/nginx/mime.types"); err == nil {
		paths += "include /etc/nginx/mime.types;\n"
	}
	out.WriteString("events {}\nhttp {\n" + paths)
	p.directives(&out, conf.http())
	out.WriteString("}\n")
	p.out.Nginx = out.String()
}

func (p *replay) directives(out *strings.Builder, around *directive) {
	for _, d := range around.body {
		if standard := standardFile(d); standard != "" {
			fmt.Fprintf(out, "include %s;\n", standard)
			continue
		}
		switch d.name {
		case "access_log", "error_log", "include", "events", "user", "pid", "daemon", "load_module", "types", "stream", "mail", "worker_processes", "worker_rlimit_nofile",
			"set_real_ip_from", "real_ip_header", "ssl_dhparam", "ssl_trusted_certificate", "ssl_stapling", "ssl_stapling_verify", "ssl", "http2", "resolver", "brotli", "brotli_types", "ssl_certificate", "ssl_certificate_key", "ssl_ciphers",
			"listen": // p.server says where
			continue
		}
		out.WriteString(nginxWord(d.name))
		for _, arg := range p.arguments(d) {
			out.WriteString(" " + nginxWord(arg))
		}
		if !d.block {
			out.WriteString(";\n")
			continue
		}
		out.WriteString(" {\n")
		if d.name == "server" {
			p.server(out, d)
		}
		p.directives(out, d)
		out.WriteString("}\n")
	}
}

// arguments are those of a directive, led to other places.
func (p *replay) arguments(d *directive) []string {
	first := d.arg(0)
	switch d.name {
	case "set":
		if filepath.IsAbs(d.arg(1)) && p.files.has(d.arg(1)) {
			return []string{first, p.files.place(d.arg(1))}
		}
	case "proxy_cache_path", "fastcgi_cache_path":
		first = filepath.Join(p.Directory, "cache")
	case "root", "alias":
		first = p.files.place(first)
	case "auth_basic_user_file":
		first = p.path(d, first)
	case "proxy_pass":
		first = p.passed(d)
	case "fastcgi_pass":
		if p.upstreamOf(first) == nil {
			first = p.App("fastcgi " + p.serverOf("", first, nil))
		}
	case "server":
		if !d.block { // of an upstream
			first = p.App(p.spoken(d.around) + p.serverOf("", first, nil))
		}
	}
	if len(d.args) == 0 {
		return nil
	}
	return slices.Concat([]string{first}, d.args[1:])
}

// standardFile is where Debian's nginx has a file that an include names and that is not
// read, "" where it has none.
func standardFile(d *directive) string {
	if d.name != "include" {
		return ""
	}
	name := filepath.Base(d.arg(0))
	if strings.HasPrefix(name, "fastcgi") {
		name = "fastcgi.conf"
	}
	if name != "fastcgi.conf" && name != "proxy_params" {
		return ""
	}
	path := "/etc/nginx/" + name
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// server writes where a server listens.
func (p *replay) server(out *strings.Builder, d *directive) {
	s := readServer(d)
	said := map[string]bool{}
	for _, l := range s.listens {
		at := p.Listen(l.address)
		if strings.HasPrefix(l.address, "[") || said[at] || strings.HasPrefix(l.address, "unix:") {
			continue
		}
		said[at] = true
		fmt.Fprintf(out, "listen %s", at)
		switch {
		case l.tls:
			fmt.Fprintf(out, " ssl;\nssl_certificate %s;\nssl_certificate_key %s", p.PEM, p.PEM)
			if p.out.HTTPS == "" {
				p.out.HTTPS = at
			}
		case !p.inner(l.address) && p.out.HTTP == "":
			p.out.HTTP = at
		}
		out.WriteString(";\n")
	}
	for _, address := range p.behind { // which nobody listens at as the files are
		if at := p.Listen("web " + address); p.listens(address) == "" && s.tls && !s.plainly && len(p.old.vcl) > 0 && !said[at] {
			fmt.Fprintf(out, "listen %s;\n", at)
			said[at] = true
		}
	}
}

// passed leads a proxy_pass to an app, an upstream aside.
func (p *replay) passed(d *directive) string {
	match := passed().FindStringSubmatch(d.arg(0))
	if match == nil || strings.Contains(match[2], "$") {
		return d.arg(0)
	}
	at := match[2]
	switch {
	case slices.Contains(d.Into, toCache):
		at = p.out.Varnish
	case p.upstreamOf(at) == nil:
		at = p.App(p.serverOf("", match[2], nil))
	}
	return "http://" + at + match[3]
}

// upstreamOf is the upstream of a name; nil where there is none.
func (p *replay) upstreamOf(name string) (found *directive) {
	for _, conf := range p.old.nginx {
		conf.every(func(d *directive) {
			if d.name == "upstream" && d.arg(0) == name {
				found = d
			}
		})
	}
	return found
}

// spoken is "fastcgi " for an upstream whose servers speak that.
func (p *replay) spoken(upstream *directive) (protocol string) {
	for _, conf := range p.old.nginx {
		conf.every(func(d *directive) {
			if d.name == "fastcgi_pass" && d.arg(0) == upstream.arg(0) {
				protocol = "fastcgi "
			}
		})
	}
	return protocol
}

// nginxWord writes a word so that nginx reads it as it was.
func nginxWord(text string) string {
	var out strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"':
			out.WriteString(`\"`)
		case c == '\\' && i+1 < len(text) && strings.IndexByte(`"'\trn`, text[i+1]) >= 0:
			out.WriteString(`\\`)
		default:
			out.WriteByte(c)
		}
	}
	return `"` + out.String() + `"`
}
