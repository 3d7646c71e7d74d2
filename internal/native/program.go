package native

import (
	"log/slog"
	"regexp"
	"sync"

	"edgegen/internal/engines"
	"edgegen/internal/render"
	"edgegen/internal/site"
)

// program is how edgegen reads what a daemon's program says.
type program struct {
	engines.Daemon

	versionArgument  string
	featureArguments []string       // nil where the version's text names the features too
	version          *regexp.Regexp // its group 1 is the version
	parseFeatures    func(text string) []string
	modules          func(text string) []string // those that can be loaded, by what the version's text says; may be nil

	voices []voice // of its processes
	// locate returns the places in a rendered file of its that it names in what it said.
	locate func(said string, file render.File) []Position
	// complaints lists what it says of it without a place; nil where it always names one.
	complaints func(said string) []Complaint
}

// voice is how a process speaks.
type voice struct {
	process string // its name
	judge   func(line string) (slog.Level, string)
	crowd   func(text string) (common string, crowd bool) // nil where it says nothing of each in a crowd
	request func(text string) (common string, of bool)    // nil where it says nothing of requests
}

// programs lists those of the daemons, in the order of engines.Daemons.
func programs() (all []program) {
	readers := map[site.Engine]program{site.Stunnel: stunnelProgram(), site.Varnish: varnishProgram(), site.Nginx: nginxProgram()}
	for _, d := range engines.Daemons() {
		p := readers[d.Name]
		p.Daemon = d
		all = append(all, p)
	}
	return all
}

// programOf returns that of an engine; false for one that is no daemon.
func programOf(engine site.Engine) (program, bool) {
	for _, p := range programs() {
		if p.Name == engine {
			return p, true
		}
	}
	return program{}, false
}

// voiceOf is the voice of a daemon's process; false for an app.
func voiceOf(process string) (voice, bool) {
	for _, p := range programs() {
		for _, v := range p.voices {
			if v.process == process {
				return v, true
			}
		}
	}
	return voice{}, false
}

// Judge returns the level of a line that a process has written, and the line without a head
// that edgegen's log has anyway. It knows nothing about the lines of apps.
func Judge(process, line string) (slog.Level, string) {
	if v, known := voiceOf(process); known {
		return v.judge(line)
	}
	return slog.LevelInfo, line
}

// OfACrowd reports whether a daemon writes such a line, as Judge returns it, once for each
// connection beyond its limit. It returns what these lines have in common.
func OfACrowd(process, text string) (common string, crowd bool) {
	if v, known := voiceOf(process); known && v.crowd != nil {
		return v.crowd(text)
	}
	return text, false
}

// OfARequest reports whether a line, as Judge returns it, is about one request, so that
// clients can cause many. It returns what such lines have in common.
func OfARequest(process, text string) (common string, of bool) {
	if v, known := voiceOf(process); known && v.request != nil {
		return v.request(text)
	}
	return text, false
}

// Locate returns the places in a rendered file of an engine's that it names in
// what it said: in its messages, or in its refusal of the file.
func Locate(engine site.Engine, said string, file render.File) []Position {
	if p, known := programOf(engine); known {
		return p.locate(said, file)
	}
	return nil
}

// EngineOf is the engine whose process has the name; "" for an app's.
func EngineOf(process string) site.Engine {
	for _, p := range programs() {
		for _, v := range p.voices {
			if v.process == process {
				return p.Name
			}
		}
	}
	return ""
}

// pattern is a regular expression that is compiled when it is first used, as most verbs
// ask no daemon.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
