package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The names of those that others are compared with.
const (
	builtinName = "edgegen, builtin"
	loggingName = "edgegen, builtin, access log"
	nativeName  = "edgegen, native"
	nginxName   = "nginx"
	haproxyName = "HAProxy"
	caddyName   = "Caddy"
	hitchName   = "hitch, Varnish"
	articleName = "the article's chain"
	tunedName   = "a tuned trio"
)

// allPeers lists everybody.
func allPeers(s settings) []*peer {
	all := hits | files | sockets
	chain := []string{"stunnel4 -version", "varnishd -V", "nginx -v"}
	var before []*peer
	if s.before != "" {
		old := s
		old.edgegen = s.before
		before = []*peer{
			{name: builtinName + ", before", does: all | overTwo | overThree, launch: edgegen(old, "builtin", "off")},
			{name: loggingName + ", before", does: all | overTwo | overThree, launch: edgegen(old, "builtin", "access.log")},
			{name: nativeName + ", before", does: all, launch: edgegen(old, "native", "off")},
		}
	}
	return append(before, []*peer{
		{name: builtinName, does: all | overTwo | overThree, launch: edgegen(s, "builtin", "off"), asks: []string{s.edgegen + " version"}},
		{name: loggingName, does: all | overTwo | overThree, launch: edgegen(s, "builtin", "access.log"), asks: []string{s.edgegen + " version"}},
		{name: nativeName, does: all, launch: edgegen(s, "native", "off"), asks: append([]string{s.edgegen + " version"}, chain...)},
		{name: nginxName, does: all | overTwo, launch: nginxAlone, asks: []string{"nginx -v"}},
		{name: haproxyName, does: hits | sockets | overTwo, launch: haproxy, asks: []string{"haproxy -v"}},
		{name: caddyName, does: all | overTwo | overThree, launch: caddy(s), asks: []string{s.caddy + " list-modules --versions"}},
		{name: hitchName, does: hits | sockets | overTwo, launch: hitch, asks: []string{"hitch --version", "varnishd -V"}},
		{name: articleName, does: all, launch: trio(false), asks: chain},
		{name: tunedName, does: all, launch: trio(true), asks: chain},
	}...)
}

// edgegen is edgegen with an engine, and an access log or none. One that is so old that it
// has no word for HTTP/3 is asked over the others.
func edgegen(s settings, engine, log string) func(*peer, *world) ([]*exec.Cmd, error) {
	return func(p *peer, w *world) ([]*exec.Cmd, error) {
		path, err := program(s.edgegen)
		if err != nil {
			return nil, err
		}
		protocols, file := "", filepath.Join(p.dir, "site.hcl")
		if engine == "builtin" {
			protocols = `protocols = ["h1", "h2", "h3"]`
		}
		if err := os.WriteFile(file, edgeSite(p, w, log, protocols), 0o644); err != nil {
			return nil, err
		}
		if said, err := exec.Command(path, "validate", file).CombinedOutput(); err != nil && protocols != "" && strings.Contains(string(said), `no argument "protocols"`) {
			p.does &^= overThree
			if err := os.WriteFile(file, edgeSite(p, w, log, ""), 0o644); err != nil {
				return nil, err
			}
		}
		return []*exec.Cmd{exec.Command(path, "up", "--engine", engine, "--state-dir", filepath.Join(p.dir, "state"), file)}, nil
	}
}

// edgeSite is what edgegen is measured with.
func edgeSite(p *peer, w *world, log, protocols string) []byte {
	return fmt.Appendf(nil, `edge {
  http  = ["127.0.0.1:0"]
  https = [%q]
  limits { connections = 12000 }
  log { access = %q }
  %s
}

%s`, p.address, log, protocols, siteBlock(w, host, `
  route "/ws" {
    backend   = "app"
    websocket = true
  }
  route "/app" { backend = "app" }`, ""))
}

// siteBlock is a site of one app and one directory, with more in its block and in
// that of its route "/".
func siteBlock(w *world, name, more, inRoute string) string {
	return fmt.Sprintf(`
site %q {
  tls {
    certificate = %q
    key         = %q
  }
  backend "app" { servers = [%q] }
  route "/" {
    static { root = %q }
    backend = "app"%s
  }%s
}
`, name, w.chain, w.key, w.app.Addr(), w.public, inRoute, more)
}

func nginxAlone(p *peer, w *world) ([]*exec.Cmd, error) {
	path, err := program("nginx")
	if err != nil {
		return nil, err
	}
	conf, err := p.write("nginx.conf.tmpl", "nginx.conf", p.place(w))
	return []*exec.Cmd{exec.Command(path, "-p", p.dir, "-c", conf)}, err
}

func haproxy(p *peer, w *world) ([]*exec.Cmd, error) {
	path, err := program("haproxy")
	if err != nil {
		return nil, err
	}
	conf, err := p.write("haproxy.cfg.tmpl", "haproxy.cfg", p.place(w))
	return []*exec.Cmd{exec.Command(path, "-db", "-f", conf)}, err
}

func caddy(s settings) func(*peer, *world) ([]*exec.Cmd, error) {
	return func(p *peer, w *world) ([]*exec.Cmd, error) {
		path, err := program(s.caddy)
		if err != nil {
			return nil, err
		}
		conf, err := p.write("Caddyfile.tmpl", "Caddyfile", p.place(w))
		command := exec.Command(path, "run", "--adapter", "caddyfile", "--config", conf)
		command.Env = append(os.Environ(), "HOME="+p.dir)
		return []*exec.Cmd{command}, err
	}
}

// varnish is varnishd on a Unix socket, or on TCP.
func (p *peer) varnish(listen, vcl string) (*exec.Cmd, error) {
	path, err := program("varnishd")
	return exec.Command(path, "-F", "-n", filepath.Join(p.dir, "varnish"), "-a", listen, "-f", vcl, "-s", "malloc,256m",
		"-p", "thread_pool_max=6000", "-p", "feature=+http2", "-p", "pipe_timeout=3600"), err
}

func hitch(p *peer, w *world) ([]*exec.Cmd, error) {
	path, err := program("hitch")
	if err != nil {
		return nil, err
	}
	at := p.place(w)
	vcl, err := p.write("app.vcl.tmpl", "app.vcl", at)
	if err != nil {
		return nil, err
	}
	p.socket = at.Dir + "/varnish.sock"
	varnishd, err := p.varnish(p.socket+",PROXY,mode=666", vcl)
	if err != nil {
		return nil, err
	}
	conf, err := p.write("hitch.conf.tmpl", "hitch.conf", at)
	return []*exec.Cmd{varnishd, exec.Command(path, "--config", conf)}, err
}

// trio is stunnel, Varnish and nginx: as the article has them, with TCP in between, or
// tuned, with Unix sockets, and connections that are kept.
func trio(tuned bool) func(*peer, *world) ([]*exec.Cmd, error) {
	return func(p *peer, w *world) ([]*exec.Cmd, error) {
		at := p.place(w)
		at.Sockets = tuned
		for _, port := range []*string{&at.CachePort, &at.WebPort} {
			address, err := freeAddress()
			if err != nil {
				return nil, err
			}
			_, *port, _ = net.SplitHostPort(address)
		}
		listen := "127.0.0.1:" + at.CachePort + ",PROXY"
		if tuned {
			listen = at.Dir + "/varnish.sock,PROXY,mode=666"
		}
		nginx, err := program("nginx")
		if err != nil {
			return nil, err
		}
		stunnel, err := program("stunnel4")
		if err != nil {
			return nil, err
		}
		files := map[string]string{}
		for name, as := range map[string]string{"web.conf.tmpl": "nginx.conf", "web.vcl.tmpl": "web.vcl", "stunnel.conf.tmpl": "stunnel.conf"} {
			if files[as], err = p.write(name, as, at); err != nil {
				return nil, err
			}
		}
		varnishd, err := p.varnish(listen, files["web.vcl"])
		return []*exec.Cmd{exec.Command(nginx, "-p", p.dir, "-c", files["nginx.conf"]), varnishd, exec.Command(stunnel, files["stunnel.conf"])}, err
	}
}
