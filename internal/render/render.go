// Package render turns a site model into the files that the daemons read. It
// is pure: equal input gives equal bytes, and nothing is read, resolved or
// written. Install, in a file of its own, puts the result on disk.
package render

import (
	"edgegen/internal/engines"
	"edgegen/internal/site"
)

// Render makes a generation. The error is a *ValueError if a value of the HCL cannot be
// written in a daemon's language, and a *TemplateError for a template of the owner.
func Render(in Input) (*Output, error) {
	out := &Output{}
	common := header{Version: in.Version, Origin: in.Origin, Dir: in.Layout.Dir, templates: in.Templates, standby: in.Standby}
	in.Tiers = in.tiers()
	for _, daemon := range engines.Daemons() {
		if !in.serves(daemon.Name) {
			continue
		}
		rendered := Rendered{Engine: daemon.Name}
		if err := fillers()[daemon.Name](&rendered, in, common); err != nil {
			return nil, err
		}
		out.Daemons = append(out.Daemons, rendered)
	}
	return out, nil
}

// fillers has the method that renders each daemon's files.
func fillers() map[site.Engine]func(*Rendered, Input, header) error {
	return map[site.Engine]func(*Rendered, Input, header) error{
		site.Stunnel: (*Rendered).stunnel, site.Varnish: (*Rendered).varnish, site.Nginx: (*Rendered).nginx}
}

func (r *Rendered) stunnel(in Input, common header) error {
	stunnel, err := common.fill("stunnel/stunnel.conf.tmpl", stunnelView(in, common))
	if err != nil {
		return err
	}
	r.Files = []File{stunnel.file("stunnel.conf")}
	r.Generation = nameOf(append([][]byte{stunnel.unplaced()}, r.withSecrets(in, in.keysOfStunnel())...)...)
	return nil
}

// withSecrets adds the PEM files and those with the keys of tickets, and returns what is
// in them.
func (r *Rendered) withSecrets(in Input, tickets []File) (texts [][]byte) {
	for i, of := range in.PEM {
		for n, pem := range of {
			r.PEM = append(r.PEM, File{Name: pemName(&in.Edge.Sites[i], n), Data: pem, Mode: 0o600})
		}
	}
	r.PEM = append(r.PEM, tickets...)
	for _, file := range r.PEM {
		texts = append(texts, file.Data)
	}
	return texts
}

// nginx makes nginx.conf and what it includes.
func (r *Rendered) nginx(in Input, common header) error {
	var included [][]byte
	r.Files = make([]File, 1)
	front := in.Tiers.TLS == r.Engine
	for _, name := range includedNames {
		if name == frontConf && !front {
			continue
		}
		made, err := common.fill(name+".tmpl", includedView(common, name))
		if err != nil {
			return err
		}
		included = append(included, made.placed())
		r.Files = append(r.Files, made.file(name))
	}
	if front {
		included = append(included, r.withSecrets(in, in.keysOfNginx())...)
	}
	nginx, generation, err := named("nginx/nginx.conf.tmpl", common, func(h header) any { return nginxView(in, h) }, included...)
	if err != nil {
		return err
	}
	r.Files[0], r.Generation = nginx, generation
	return nil
}
