package site

import "strings"

// Raw is text of the site's owner that goes into a daemon's file as it is written, line
// by line. It is empty where there is none.
type Raw []RawLine

// RawLine is one line, and where it stands in the HCL.
type RawLine struct {
	Text   string
	Source Source
}

// Source is where the text begins.
func (r Raw) Source() Source {
	if len(r) == 0 {
		return Source{}
	}
	return r[0].Source
}

func (r Raw) String() string {
	var out strings.Builder
	for _, line := range r {
		out.WriteString(line.Text + "\n")
	}
	return out.String()
}

// RawTexts are those of an edge, a site or a route, by the daemon that reads them.
type RawTexts struct {
	Nginx   Raw // in the http block, the server, or the locations
	Stunnel Raw // in the services; none of a route
	Varnish RawVCL
}

// RawVCL is what goes into the subroutines of the VCL.
type RawVCL struct {
	Top Raw // in front of all subroutines; of the edge alone

	Recv, Hash, Hit, Miss, Pass, Pipe, Deliver, Synth Raw
	BackendFetch, BackendResponse, BackendError       Raw
}

// RawHook is a subroutine of the VCL that text goes into.
type RawHook struct {
	Name    string // without "vcl_"
	Request string // what holds the request there: "req", or "bereq"
	Of      func(*RawVCL) *Raw
}

// RawHooks lists them in the order in which a request meets them.
func RawHooks() []RawHook {
	return []RawHook{
		{"recv", "req", func(v *RawVCL) *Raw { return &v.Recv }},
		{"hash", "req", func(v *RawVCL) *Raw { return &v.Hash }},
		{"hit", "req", func(v *RawVCL) *Raw { return &v.Hit }},
		{"miss", "req", func(v *RawVCL) *Raw { return &v.Miss }},
		{"pass", "req", func(v *RawVCL) *Raw { return &v.Pass }},
		{"pipe", "req", func(v *RawVCL) *Raw { return &v.Pipe }},
		{"backend_fetch", "bereq", func(v *RawVCL) *Raw { return &v.BackendFetch }},
		{"backend_response", "bereq", func(v *RawVCL) *Raw { return &v.BackendResponse }},
		{"backend_error", "bereq", func(v *RawVCL) *Raw { return &v.BackendError }},
		{"deliver", "req", func(v *RawVCL) *Raw { return &v.Deliver }},
		{"synth", "req", func(v *RawVCL) *Raw { return &v.Synth }},
	}
}

// All are the texts that are not empty; none for nil.
func (r *RawTexts) All() RawTexts {
	if r == nil {
		return RawTexts{}
	}
	return *r
}

// For is the first text for a daemon; empty if there is none, and for nil.
func (r *RawTexts) For(engine Engine) Raw {
	if r == nil {
		return nil
	}
	switch engine {
	case Nginx:
		return r.Nginx
	case Stunnel:
		return r.Stunnel
	}
	for _, hook := range append([]RawHook{{Of: func(v *RawVCL) *Raw { return &v.Top }}}, RawHooks()...) {
		if text := *hook.Of(&r.Varnish); len(text) > 0 && engine == Varnish {
			return text
		}
	}
	return nil
}

// RawFor is the first text for a daemon, of the edge, its sites and their routes; empty if
// there is none. No other engine can stand in for a daemon that has one.
func (e *Edge) RawFor(engine Engine) Raw {
	if text := e.Raw.For(engine); len(text) > 0 {
		return text
	}
	for i := range e.Sites {
		s := &e.Sites[i]
		if text := s.Raw.For(engine); len(text) > 0 {
			return text
		}
		for j := range s.Routes {
			if text := s.Routes[j].Raw.For(engine); len(text) > 0 {
				return text
			}
		}
	}
	return nil
}
