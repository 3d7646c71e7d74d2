package render

import (
	"slices"

	"edgegen/internal/site"
)

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
	Arguments Arguments
	Servers   map[string]string // that default.vcl pipes to: their addresses, "host:port" or "unix:/path", by the names that it has for them
	InC       bool              // whether there is C within the VCL
	Shares    bool              // whether that shares memory with edgegen
	Softens   bool              // whether the VCL has what is purged softly grow stale
	Foreign   bool              // whether the owner has written some of the VCL, or a template of it
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

// Shares reports whether a daemon shares memory with edgegen.
func (o *Output) Shares() bool {
	return slices.ContainsFunc(o.Daemons, func(r Rendered) bool { return r.Shares })
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
	Label   string // by which default.vcl hands requests to it
	Servers map[string]string
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
