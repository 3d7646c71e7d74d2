// Package render turns a site model into the files that the daemons read. It
// is pure: equal input gives equal bytes, and nothing is read, resolved or
// written. Install, in a file of its own, puts the result on disk.
package render

import (
	"bytes"
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
	// Unserved is what lies below roots and is private, for each root that has
	// such files.
	Unserved []Unserved
	// Leave names tiers that no daemon serves, whose files are left out. The
	// zero value leaves nothing out.
	Leave Leave
	// Standby says that edgegen runs the daemons: it holds a private socket to
	// ask the TLS tier, publishes varnishd's sockets under the names of the cache
	// tier when it is well, takes on standby sockets what that tier refuses, and
	// makes stunnel's working directory.
	// Without it the files are for daemons that are run by hand.
	Standby bool
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
	// Parts of the VCL, where there are so many sites that default.vcl only
	// hands requests on. There are none without Standby.
	Parts            []Part
	Arguments        File     // varnishd's arguments, as text
	VarnishArguments []string // the same, as argv without the program and without -f
	PEM              []File   // one a site
	Generation       Generation
	Secrets          []string // of the model: what a person is shown of the files holds none
}

// Shown returns what a file says to a person: without what is secret.
func (o *Output) Shown(file File) []byte {
	if len(o.Secrets) == 0 {
		return file.Data
	}
	return []byte(site.Hide(string(file.Data), o.Secrets))
}

// Part is a VCL of its own for some of the sites. Its label names what it
// means: it stays while nothing but comments changes.
type Part struct {
	File
	Label string // by which default.vcl hands requests to it
}

// Generation names what was rendered for each tier. A name changes exactly when
// the tier's files do, a certificate among them, but for the comments that say
// which line of the HCL something came from. The probe sockets answer with it.
// It is empty where the tier was left out.
type Generation struct{ TLS, Cache, Web string }

// Files lists everything that was rendered, the configuration files first.
func (o *Output) Files() []File {
	var files []File
	for _, file := range append([]File{o.Stunnel, o.VCL, o.Nginx, o.Arguments}, o.partFiles()...) {
		if file.Name != "" {
			files = append(files, file)
		}
	}
	return append(files, o.PEM...)
}

// VCLFiles lists the files that hold VCL, default.vcl first.
func (o *Output) VCLFiles() []File {
	return append([]File{o.VCL}, o.partFiles()...)
}

func (o *Output) partFiles() []File {
	var files []File
	for _, part := range o.Parts {
		files = append(files, part.File)
	}
	return files
}

// Render makes a generation. The error is a *ValueError where a value of the
// HCL cannot be written in a daemon's language.
func Render(in Input) (*Output, error) {
	out := &Output{}
	common := header{Version: in.Version, Origin: in.Origin, Dir: in.Layout.Dir}
	if !in.Leave.TLS {
		if err := out.renderStunnel(in, common); err != nil {
			return nil, err
		}
	}
	if !in.Leave.Cache {
		if err := out.renderVarnish(in, common); err != nil {
			return nil, err
		}
	}
	if !in.Leave.Web {
		nginx, generation, err := named("nginx/nginx.conf.tmpl", common, func(h header) any { return nginxView(in, h) })
		if err != nil {
			return nil, err
		}
		out.Nginx, out.Generation.Web = File{Name: "nginx.conf", Data: nginx, Mode: 0o644}, generation
	}
	return out, nil
}

func (o *Output) renderStunnel(in Input, common header) error {
	stunnel, err := fill("stunnel/stunnel.conf.tmpl", stunnelView(in, common))
	if err != nil {
		return err
	}
	o.Stunnel = File{Name: "stunnel.conf", Data: stunnel.placed(), Mode: 0o644}
	o.Generation.TLS = nameOf(stunnel.unplaced())
	for i, pem := range in.PEM {
		o.PEM = append(o.PEM, File{Name: pemName(&in.Edge.Sites[i]), Data: pem, Mode: 0o600})
		o.Generation.TLS = nameOf([]byte(o.Generation.TLS), pem)
	}
	return nil
}

// fill runs a template once.
func fill(name string, view any) (text, error) {
	program, err := compile(templates.FS, name)
	if err != nil {
		return nil, err
	}
	return program.run(view)
}

// unnamed stands for the name of a generation until that is known.
const unnamed = "5e0a4f7c91d2b386"

// named renders a file that holds its generation's name, once, and returns both.
func named(name string, common header, view func(header) any) (data []byte, generation string, err error) {
	program, err := compile(templates.FS, name)
	if err != nil {
		return nil, "", err
	}
	common.Generation = unnamed
	made, err := program.run(view(common))
	if err != nil {
		return nil, "", err
	}
	generation = nameOf(made.unplaced())
	data = made.placed()
	if bytes.Count(data, []byte(unnamed)) == 1 {
		return bytes.Replace(data, []byte(unnamed), []byte(generation), 1), generation, nil
	}
	// Something in the HCL has just that text.
	common.Generation = generation
	if made, err = program.run(view(common)); err != nil {
		return nil, "", err
	}
	return made.placed(), generation, nil
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
