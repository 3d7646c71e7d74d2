package explain

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"

	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/static"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/engines"
	"edgegen/internal/render"
	"edgegen/internal/site"
)

// Site is what is explained.
type Site struct {
	Edge    *site.Edge
	Engines site.Engines   // that serve, or would
	Output  *render.Output // for the tiers of daemons; nil tells no places in it
	Private site.Private   // what is never served as a file
	Rights  *static.Rights // with which files are read
	Root    string         // the directory that paths are told relative to
}

// Explainer explains requests of one site. It may be used from any goroutine.
type Explainer struct {
	in      Site
	decide  *decide.Model
	files   *static.Files
	private *static.Private
}

// New prepares explaining a site. It fails for a route that no model from config
// holds.
func New(in Site) (*Explainer, error) {
	model, err := decide.NewModel(in.Edge)
	if err != nil {
		return nil, err
	}
	return &Explainer{in: in, decide: model, files: static.New(0, in.Rights), private: static.NewPrivate(in.Private)}, nil
}

// journey is a request on its way.
type journey struct {
	*Explainer
	r     Request
	q     decide.Question
	w     decide.Way
	plain bool // on a listener that only redirects
	out   *Explanation
	// expected is what Expect says, before it is dropped.
	expected string
	cookies  string // as the client has sent them
}

// Explain tells the way of a request. The files that it finds are those of now.
func (e *Explainer) Explain(r Request) *Explanation {
	j := &journey{Explainer: e, r: r, out: &Explanation{Method: r.Method, URL: r.URL, Cache: []string{"PASS"}, Servers: []string{}, Steps: []Step{},
		AppHeaders: []Field{}, AnswerHeaders: []Field{}, RemovedHeaders: []string{}, Raw: []string{}}}
	if j.listener() && j.head() {
		j.follow()
	}
	if j.streams() {
		j.out.AnswerHeaders = slices.DeleteFunc(j.out.AnswerHeaders, func(f Field) bool { return wire.OfConnection(f.Name) })
	}
	j.unless()
	j.raw()
	j.hide()
	return j.out
}

// follow tells the way of a request that could be read.
func (j *journey) follow() {
	j.out.Tier, j.out.Client = "cache", j.q.Peer.String()
	if j.plain {
		j.w = j.decide.DecidePlain(&j.q)
		j.host()
		j.ends()
		j.worded()
		return
	}
	forged := j.forged()
	j.expected, j.cookies = j.q.Header.Joined("Expect"), j.q.Header.Get("Cookie")
	j.w = j.decide.Receive(&j.q)
	j.out.Client = j.q.Client.String()
	j.client(forged)
	if j.w.Ends() {
		j.ends()
		j.worded()
		return
	}
	j.w = j.decide.Decide(&j.q, j.in.Rights)
	j.host()
	j.maintenance()
	j.route()
	in := j.access()
	switch {
	case !in: // that has been told
	case j.w.Ends():
		j.ends()
	case j.w.Turn == decide.Maintained:
		j.maintained()
	case j.w.Turn == decide.WebSocket:
		j.webSocket()
		if engines.PipesBlindly(j.in.Engines.Cache) {
			return // what comes by a pipe is as the app says it
		}
	default:
		j.ordinary()
	}
	j.answerFields()
}

// step tells one step. An anchor is the line of a daemon's file that carries it out
// where none names the source.
func (j *journey) step(tier, name, clause string, source site.Source, anchor, format string, values ...any) {
	j.out.Steps = append(j.out.Steps, Step{Tier: tier, Name: name, Says: fmt.Sprintf(format, values...), Source: sourceText(source), Clause: clause,
		Rendered: j.places(tier, source, anchor)})
}

// answer is the first line, for a status of the edge's own; 0 for none.
func (j *journey) answer(status int, format string, values ...any) {
	j.out.Status = status
	text := fmt.Sprintf(format, values...)
	if status != 0 {
		text = fmt.Sprintf("%d: %s", status, text)
	}
	j.out.Answer = text
}

// named is a path as the site's owner writes it.
func (j *journey) named(path string) string {
	if relative, err := filepath.Rel(j.in.Root, path); err == nil && j.in.Root != "" && filepath.IsLocal(relative) {
		return relative
	}
	return path
}

// hide keeps what is secret to itself.
func (j *journey) hide() {
	if len(j.in.Edge.Secrets) == 0 {
		return
	}
	hide := func(text *string) { *text = j.in.Edge.Hide(*text) }
	hide(&j.out.Answer)
	for i := range j.out.Steps {
		hide(&j.out.Steps[i].Says)
	}
	for _, fields := range [][]Field{j.out.AppHeaders, j.out.AnswerHeaders} {
		for i := range fields {
			hide(&fields[i].Value)
		}
	}
}

// quoted is a route as it is written.
func quoted(r *site.Route) string { return strconv.Quote(r.Label()) }

// or is the first source that is a line.
func or(sources ...site.Source) site.Source { return cmp.Or(sources...) }
