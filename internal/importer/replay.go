package importer

import (
	"fmt"
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
