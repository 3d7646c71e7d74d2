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
	Generation          string   // names what was rendered; the probe sockets answer with it
}

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
	generation, err := generationOf(in)
	if err != nil {
		return nil, err
	}
	return renderAs(in, generation)
}

// generationOf names a generation by what it renders to, so that the name
// changes exactly when a file does.
func generationOf(in Input) (string, error) {
	out, err := renderAs(in, "")
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, file := range out.Files() {
		sum.Write([]byte(file.Name))
		sum.Write([]byte{0})
		sum.Write(file.Data)
		sum.Write([]byte{0})
	}
	return hex.EncodeToString(sum.Sum(nil))[:16], nil
}

func renderAs(in Input, generation string) (*Output, error) {
	common := header{Version: in.Version, Origin: in.Origin, Dir: in.Layout.Dir, Generation: generation}
	out := &Output{Generation: generation}
	for _, f := range []struct {
		file     *File
		name     string
		template string
		view     any
		left     bool
	}{
		{&out.Stunnel, "stunnel.conf", "stunnel/stunnel.conf.tmpl", stunnelView(in, common), in.Leave.TLS},
		{&out.VCL, "default.vcl", "varnish/default.vcl.tmpl", vclView(in, common), in.Leave.Cache},
		{&out.Nginx, "nginx.conf", "nginx/nginx.conf.tmpl", nginxView(in, common), in.Leave.Web},
		{&out.Arguments, "varnishd.args", "varnish/varnishd.args.tmpl", argumentsView(in, common), in.Leave.Cache},
	} {
		if f.left {
			continue
		}
		data, err := execute(templates.FS, f.template, f.view)
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
	}
	return out, nil
}

// header is what the head of every file says.
type header struct {
	Version, Origin, Dir, Generation string
}
