package importer

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Replay says where the old files are to lead, so that the old daemons can run beside
// the new edge.
type Replay struct {
	// Listen is where somebody listens instead of at an old address, as
	// "127.0.0.1:4000"; always the same for the same.
	Listen func(address string) string
	// App is where somebody listens instead of a server of an app.
	App func(server string) string
	// Directory is empty, and for the daemons alone.
	Directory string
	// PEM is a file with a certificate and its key, for every name.
	PEM string
}

// Old are the old files as they can be run beside others; "" for a daemon that there is
// none of.
type Old struct {
	Nginx, VCL, Stunnel string
	Varnish             string // where Varnish is to listen; "" where there is none
	// HTTPS and HTTP are where clients ask; "" where nothing listens for them.
	HTTPS, HTTP string
}

// Replay writes the old files anew: with other addresses, certificates and directories,
// and else as they were.
func (r *Result) Replay(to Replay) *Old {
	p := &replay{Replay: to, chain: r.chain, old: r.old, out: &Old{}}
	for _, v := range r.old.vcl {
		p.varnish(v)
	}
	for _, conf := range r.old.nginx {
		p.nginx(conf)
	}
	for _, s := range r.old.stunnel {
		p.stunnel(s)
	}
	if p.out.HTTP == "" {
		p.out.HTTP = p.out.Varnish
	}
	return p.out
}

type replay struct {
	Replay
	*chain
	old *old
	out *Old
}

// listens reports an address at which an old nginx listens.
func (p *replay) listens(address string) (found string) {
	for _, at := range p.old.listens() {
		if samePort(at, address) {
			found = at
		}
	}
	return found
}

// varnish leads the backends of a VCL to nginx, or to the apps.
func (p *replay) varnish(file *vclFile) {
	p.out.Varnish = p.Listen("varnish")
	backends, _, _ := declared(file)
	if len(file.items) > 0 && file.items[0].word(0) != "vcl" {
		for _, s := range file.items {
			s.every((*statement).modern)
			s.modern()
		}
	}
	var out strings.Builder
	for _, s := range file.items {
		if b := backends[s.word(1)]; s.word(0) == "backend" && b != nil && b.host != "" {
			at := p.App(b.address())
			if p.inner(b.address()) {
				at = p.Listen(p.web(b.address()))
			}
			host, port, _ := strings.Cut(at, ":")
			fmt.Fprintf(&out, "backend %s { .host = %q; .port = %q; }\n", s.word(1), host, port)
			continue
		}
		writeVCL(&out, s)
	}
	text := out.String()
	if !strings.HasPrefix(text, "vcl ") {
		text = "vcl 4.0;\n" + text
	}
	p.out.VCL = text
}

// modern writes a statement of Varnish 3 as the Varnish of today reads it, as far as
// that is a matter of words.
func (s *statement) modern() {
	sub := s.sub()
	words := s.words[:0:0]
	for i, word := range s.words {
		text := word.text
		if i > 0 && operand(s.words[i-1]) && operand(word) && i > 3 && s.word(0) == "set" {
			words = append(words, vclToken{text: "+"})
		}
		if !word.quoted {
			switch text {
			case "req.backend":
				text = "req.backend_hint"
			case "req.request":
				text = "req.method"
			case "remove":
				text = "unset"
			case "vcl_fetch":
				text = "vcl_backend_response"
			case "vcl_error":
				text = "vcl_synth"
			case "lookup":
				if sub == "vcl_recv" {
					text = "hash"
				}
			}
			if sub == "vcl_fetch" && strings.HasPrefix(text, "req.") {
				text = "b" + text
			}
		}
		words = append(words, vclToken{text: text, quoted: word.quoted})
	}
	s.words = words
}

// operand reports a word that has a value.
func operand(t vclToken) bool {
	return t.quoted || strings.ContainsRune(t.text, '.') && vclNameByte(t.text[0])
}

// sub is the subroutine that a statement stands in.
func (s *statement) sub() string {
	for s.around != nil && s.around.around != nil {
		s = s.around
	}
	if s.word(0) == "sub" {
		return s.word(1)
	}
	return ""
}

// web is where nginx listens for the cache: at the address that is asked, or at one of
// its own where it listens nowhere near.
func (p *replay) web(address string) string {
	if at := p.listens(address); at != "" {
		return at
	}
	return "web " + address
}

// writeVCL writes a statement as it was.
func writeVCL(out *strings.Builder, s *statement) {
	out.WriteString(vclText(s.words))
	if !s.block {
		if s.word(0) != "" && !strings.HasPrefix(s.word(0), "C{") {
			out.WriteString(";")
		}
		out.WriteString("\n")
		return
	}
	out.WriteString(" {\n")
	for _, one := range s.body {
		if one.word(0) != "include" {
			writeVCL(out, one)
		}
	}
	out.WriteString("}\n")
}

// vclText writes words of VCL.
func vclText(words []vclToken) string {
	var all []string
	for _, word := range words {
		switch {
		case word.quoted && strings.ContainsAny(word.text, "\"\n"):
			all = append(all, `{"`+word.text+`"}`)
		case word.quoted:
			all = append(all, `"`+word.text+`"`)
		default:
			all = append(all, word.text)
		}
	}
	return strings.Join(all, " ")
}

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

// stunnel writes the services that speak HTTP.
func (p *replay) stunnel(f *stunnelFile) {
	var out strings.Builder
	fmt.Fprintf(&out, "foreground = yes\npid =\nsyslog = no\ndebug = warning\noutput = %s/stunnel.log\ncert = %s\n", p.Directory, p.PEM)
	for _, s := range f.services {
		if why, _ := s.webService(f); why != "" {
			continue
		}
		fmt.Fprintf(&out, "[%s]\n", s.name)
		for _, one := range s.options {
			switch strings.ToLower(one.name) {
			case "accept":
				at := p.Listen("stunnel " + stunnelAddress(one.value)) // nginx may name it too
				p.out.HTTPS = at
				fmt.Fprintf(&out, "accept = %s\n", at)
			case "connect":
				fmt.Fprintf(&out, "connect = %s\n", p.connected(stunnelAddress(one.value)))
			case "sni":
				fmt.Fprintf(&out, "sni = %s\n", one.value)
			}
		}
	}
	p.out.Stunnel = out.String()
}

// connected is what stunnel asks: nginx, Varnish, or an app.
func (p *replay) connected(address string) string {
	if at := p.listens(address); at != "" {
		return p.Listen(at)
	}
	if p.out.Varnish != "" {
		return p.out.Varnish
	}
	if strings.HasPrefix(address, ":") {
		address = "127.0.0.1" + address
	}
	return p.App(address)
}
