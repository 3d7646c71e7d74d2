// Package render turns a site model into the files that the daemons read. It
// is pure: equal input gives equal bytes, and nothing is read, resolved or
// written. Install, in a file of its own, puts the result on disk.
package render

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"

	"edgegen/internal/site"
	"edgegen/templates"
)

// Input is what the files are made from.
type Input struct {
	Edge    *site.Edge // host names of backends already resolved to addresses
	Layout  Layout
	Version string // of edgegen, for the head of each file
	Origin  string // what the model was loaded from, for the head of each file
	// PEM holds one certificate chain with its key for each site, in the
	// order of Edge.Sites. A nil slice leaves the PEM files out.
	PEM [][]byte
	// Leave names tiers that no daemon serves, whose files are left out. The
	// zero value leaves nothing out.
	Leave Leave
}

// Leave is a set of tiers.
type Leave struct{ TLS, Cache, Web bool }

// File is one rendered file.
type File struct {
	Name string // relative to Layout.Dir, with forward slashes
	Data []byte
	Mode fs.FileMode
}

// Output is a whole generation.
type Output struct {
	Stunnel, VCL, Nginx File
	Arguments           File     // varnishd's arguments, as text
	VarnishArguments    []string // the same, as argv without the program and without -f
	PEM                 []File   // one a site
	Generation          Generation
}

// Generation names what was rendered for each tier. A name changes exactly when
// the tier's files do, a certificate among them, but for the comments that say
// which line of the HCL something came from. The probe sockets answer with it.
// It is empty where the tier was left out.
type Generation struct{ TLS, Cache, Web string }

// Files lists everything that was rendered, the configuration files first.
func (o *Output) Files() []File {
	var files []File
	for _, file := range []File{o.Stunnel, o.VCL, o.Nginx, o.Arguments} {
		if file.Name != "" {
			files = append(files, file)
		}
	}
	return append(files, o.PEM...)
}

// Render makes a generation. The error is a *ValueError where a value of the
// HCL cannot be written in a daemon's language.
func Render(in Input) (*Output, error) {
	out := &Output{}
	for _, f := range []struct {
		file       *File
		name       string
		template   string
		view       func(header) any
		generation *string // nil where others name it
		left       bool
	}{
		{&out.Stunnel, "stunnel.conf", "stunnel/stunnel.conf.tmpl", func(h header) any { return stunnelView(in, h) }, &out.Generation.TLS, in.Leave.TLS},
		{&out.VCL, "default.vcl", "varnish/default.vcl.tmpl", func(h header) any { return vclView(in, h) }, &out.Generation.Cache, in.Leave.Cache},
		{&out.Nginx, "nginx.conf", "nginx/nginx.conf.tmpl", func(h header) any { return nginxView(in, h) }, &out.Generation.Web, in.Leave.Web},
		{&out.Arguments, "varnishd.args", "varnish/varnishd.args.tmpl", func(h header) any { return argumentsView(in, h) }, nil, in.Leave.Cache},
	} {
		if f.left {
			continue
		}
		common := header{Version: in.Version, Origin: in.Origin, Dir: in.Layout.Dir}
		if f.generation != nil {
			data, err := execute(templates.FS, f.template, f.view(common), unplaced)
			if err != nil {
				return nil, err
			}
			*f.generation = nameOf(data)
			common.Generation = *f.generation
		}
		data, err := execute(templates.FS, f.template, f.view(common), placed)
		if err != nil {
			return nil, err
		}
		*f.file = File{Name: f.name, Data: data, Mode: 0o644}
	}
	arguments, err := splitArguments(out.Arguments.Data)
	if err != nil {
		return nil, err
	}
	out.VarnishArguments = arguments
	for i, pem := range in.PEM {
		if in.Leave.TLS {
			break
		}
		out.PEM = append(out.PEM, File{Name: pemName(&in.Edge.Sites[i]), Data: pem, Mode: 0o600})
		out.Generation.TLS = nameOf([]byte(out.Generation.TLS), pem)
	}
	return out, nil
}

// nameOf names something by what it holds.
func nameOf(parts ...[]byte) string {
	sum := sha256.New()
	for _, part := range parts {
		sum.Write(part)
	}
	return hex.EncodeToString(sum.Sum(nil))[:16]
}

// header is what the head of every file says.
type header struct {
	Version, Origin, Dir, Generation string
}
