// Package render turns a site model into the files that the daemons read. It
// is pure: equal input gives equal bytes, and nothing is read, resolved or
// written. Install, in a file of its own, puts the result on disk.
package render

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"path"
	"slices"
	"strings"

	"edgegen/internal/engines"
	"edgegen/internal/site"
)

// Input is what the files are made from.
type Input struct {
	Edge    *site.Edge // host names of backends already resolved to addresses
	Layout  Layout
	Version string // of edgegen, for the head of each file
	Origin  string // what the model was loaded from, for the head of each file
	// PEM holds certificate chains with their keys for each site, in the order of
	// Edge.Sites. A nil slice leaves the PEM files out.
	PEM [][][]byte
	// Unserved is what lies below roots and is private, for each root that has
	// such files.
	Unserved []Unserved
	// Tiers names the engine of each tier; those that are no daemon's have no
	// files. Where it names none, that is the one that the edge asks for, or else
	// the daemon that is preferred: files are for daemons.
	Tiers site.Engines
	// Templates stand in the place of those of the program that have their names; nil
	// for none.
	Templates *Templates
	// Brotli is the path of nginx's module for Brotli; "" where it has none.
	Brotli string
	// InC says that varnishd takes C within its VCL.
	InC bool
	// Standby says that edgegen runs the daemons: it holds a private socket to
	// ask the TLS tier, publishes varnishd's sockets under the names of the cache
	// tier when it is well, takes on standby sockets what that tier refuses, and
	// makes stunnel's working directory.
	// Without it the files are for daemons that are run by hand.
	Standby bool
}

// File is one rendered file.
type File struct {
	Name string // relative to Layout.Dir, with forward slashes
	Data []byte
	Mode fs.FileMode
	// Mentions are the lines that name one of the HCL, from the first.
	Mentions []Mention
	made     []madeLine // of templates, where somebody has their own
}

// Mention is a line of a file, and the line of the HCL that it names. That is the
// zero Source where the file says that something is a default.
type Mention struct {
	Line   int // from 1
	Source site.Source
	Raw    bool // the line is the owner's own, as it stands there
}

// Source returns where in the HCL a line of the file came from: what the line
// names or, failing that, the nearest one above it. False means that nothing is
// named, or a default, or that there is no such line.
func (f File) Source(line int) (source site.Source, ok bool) {
	place := f.Mention(line)
	return place.Source, place.Source.Line > 0
}

// Mention is what Source goes by.
func (f File) Mention(line int) (nearest Mention) {
	if line < 1 || line > bytes.Count(f.Data, []byte("\n"))+1 {
		return Mention{}
	}
	for _, place := range f.Mentions {
		if place.Line > line {
			break
		}
		nearest = place
	}
	nearest.Raw = nearest.Raw && nearest.Line == line
	return nearest
}

// Output is a whole generation.
type Output struct {
	Daemons []Rendered // those that serve a tier, in the order of engines.Daemons
	Secrets []string   // of the model: what a person is shown of the files holds none
}

// Rendered is what one daemon reads.
type Rendered struct {
	Engine site.Engine
	Files  []File // but for the PEM files; its configuration first
	PEM    []File // one for each certificate, where it ends TLS
	// Generation names what was rendered. It changes exactly when the files do, a
	// certificate among them, but for the comments that say which line of the HCL
	// something came from. The daemon's probe socket answers with it.
	Generation string

	// What follows is varnishd's.

	// Parts of the VCL, where there are so many sites that default.vcl only
	// hands requests on. There are none without Standby. They are among Files.
	Parts     []Part
	Arguments []string // as argv without the program and without -f
	InC       bool     // whether there is C within the VCL
	Softens   bool     // whether the VCL has what is purged softly grow stale
}

// Main is the daemon's configuration file, the zero File where there is none.
func (r *Rendered) Main() File {
	if len(r.Files) == 0 {
		return File{}
	}
	return r.Files[0]
}

// Of is what was rendered for a daemon. It is empty where that serves no tier.
func (o *Output) Of(engine site.Engine) *Rendered {
	for i := range o.Daemons {
		if o.Daemons[i].Engine == engine {
			return &o.Daemons[i]
		}
	}
	return &Rendered{Engine: engine}
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

// Files lists everything that was rendered, the configuration files first.
func (o *Output) Files() []File {
	files := o.Configuration()
	for _, d := range o.Daemons {
		files = append(files, d.PEM...)
	}
	return files
}

// Configuration lists all but the PEM files: each daemon's own, then what else
// they read.
func (o *Output) Configuration() (files []File) {
	var others []File
	for _, d := range o.Daemons {
		files, others = append(files, d.Main()), append(others, d.Files[1:]...)
	}
	return append(files, others...)
}

// VCLFiles lists the files that hold VCL, default.vcl first.
func (r *Rendered) VCLFiles() []File {
	files := []File{r.Main()}
	for _, part := range r.Parts {
		files = append(files, part.File)
	}
	return files
}

// Render makes a generation. The error is a *ValueError where a value of the
// HCL cannot be written in a daemon's language.
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

// fillers has for each daemon what fills in its templates.
func fillers() map[site.Engine]func(*Rendered, Input, header) error {
	return map[site.Engine]func(*Rendered, Input, header) error{
		site.Stunnel: (*Rendered).stunnel, site.Varnish: (*Rendered).varnish, site.Nginx: (*Rendered).nginx}
}

// tiers are the engines, each a daemon or none.
func (in Input) tiers() site.Engines {
	of := func(tier string) site.Engine {
		engine := in.Tiers.Of(tier)
		if in.Edge.Engine.Of(tier) == site.Off {
			return site.Off
		}
		if engine != "" {
			return engine
		}
		if asked := in.Edge.Engine.Of(tier); engines.IsDaemon(asked) {
			return asked
		}
		return engines.For(tier)[0]
	}
	return site.Engines{TLS: of(site.TLSTier), Cache: of(site.CacheTier), Web: of(site.WebTier)}
}

// serves reports whether an engine serves any tier.
func (in Input) serves(engine site.Engine) bool {
	return slices.ContainsFunc(site.Tiers(), func(tier string) bool { return in.Tiers.Of(tier) == engine })
}

func (r *Rendered) stunnel(in Input, common header) error {
	stunnel, err := common.fill("stunnel/stunnel.conf.tmpl", stunnelView(in, common))
	if err != nil {
		return err
	}
	r.Files = []File{stunnel.file("stunnel.conf")}
	r.Generation = nameOf(append([][]byte{stunnel.unplaced()}, r.withCertificates(in)...)...)
	return nil
}

// withCertificates adds the PEM files, and returns what is in them.
func (r *Rendered) withCertificates(in Input) (texts [][]byte) {
	for i, of := range in.PEM {
		for n, pem := range of {
			r.PEM = append(r.PEM, File{Name: pemName(&in.Edge.Sites[i], n), Data: pem, Mode: 0o600})
			texts = append(texts, pem)
		}
	}
	return texts
}

// fill runs a template once.
func (h header) fill(name string, view any) (text, error) {
	program, err := h.program(name)
	if err != nil {
		return text{}, err
	}
	return program.run(view)
}

// unnamed stands for the name of a generation until that is known.
const unnamed = "5e0a4f7c91d2b386"

// named renders a file that holds its generation's name, once, and returns both.
// What stands beside the file is part of the generation.
func named(name string, common header, view func(header) any, beside ...[]byte) (file File, generation string, err error) {
	program, err := common.program(name)
	if err != nil {
		return File{}, "", err
	}
	common.Generation = unnamed
	made, err := program.run(view(common))
	if err != nil {
		return File{}, "", err
	}
	generation = nameOf(append([][]byte{made.unplaced()}, beside...)...)
	file = made.file(strings.TrimSuffix(path.Base(name), ".tmpl"))
	if bytes.Count(file.Data, []byte(unnamed)) == 1 {
		file.Data = bytes.Replace(file.Data, []byte(unnamed), []byte(generation), 1)
		return file, generation, nil
	}
	if common.standby && bytes.Count(file.Data, []byte(unnamed)) == 0 && common.templates != nil {
		return File{}, "", &TemplateError{Path: cmp.Or(common.templates.path(name), common.templates.Dir), What: "it does not write .Generation, by which edgegen sees whether the daemon serves what was rendered",
			Remedy: "keep what edgegen's own template has for its probe"}
	}
	// Something in the HCL has just that text.
	common.Generation = generation
	if made, err = program.run(view(common)); err != nil {
		return File{}, "", err
	}
	return made.file(file.Name), generation, nil
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
	templates                        *Templates
	standby                          bool // as Input.Standby
}
