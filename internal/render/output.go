package render

import (
	"slices"

	"edgegen/internal/site"
)

// Output is a whole generation.
type Output struct {
	Daemons []Rendered // those that serve a tier, in the order of engines.Daemons
	Secrets []string   // sensitive values of the model, which Shown hides
}

// Rendered has the files of one daemon.
type Rendered struct {
	Engine site.Engine
	Files  []File // the configuration file first; without the PEM files
	PEM    []File // one for each certificate, if it terminates TLS
	// Generation names what was rendered. It changes exactly when the files or
	// certificates do; lines of the HCL that comments name do not count. The daemon's
	// probe socket answers with it.
	Generation string

	// What follows is varnishd's.

	// Parts are the VCL files of groups of sites, if there are so many sites that
	// default.vcl only hands requests on. Without Standby there are none. They are
	// among Files, too.
	Parts     []Part
	Arguments Arguments
	Servers   map[string]string // that default.vcl pipes to: their addresses, "host:port" or "unix:/path", by the names that it has for them
	InC       bool              // the VCL has inline C
	Shares    bool              // that C shares memory with edgegen
	Softens   bool              // the VCL makes softly purged responses stale
	Foreign   bool              // there is raw VCL, or a template of the owner for VCL
}

// Main is the daemon's configuration file, the zero File where there is none.
func (r *Rendered) Main() File {
	if len(r.Files) == 0 {
		return File{}
	}
	return r.Files[0]
}

// Of returns what was rendered for a daemon, empty if it serves no tier.
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

// Shown returns the content of a file without secrets, to be shown to a person.
func (o *Output) Shown(file File) []byte {
	if len(o.Secrets) == 0 {
		return file.Data
	}
	return []byte(site.Hide(string(file.Data), o.Secrets))
}

// Part is a VCL for some of the sites. Its label is made from its content without comments,
// so it stays the same while only comments change.
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

// Configuration lists all files but the PEM files: each daemon's main file, then the others.
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
