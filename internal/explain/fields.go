package explain

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// forged lists what a client says of itself, or of whom it forwards for.
func (j *journey) forged() []string {
	var names []string
	for _, f := range j.q.Header {
		traces := j.in.Edge.Trace != nil && (wire.EqualFold(f.Name, site.TraceParent) || wire.EqualFold(f.Name, site.TraceState))
		if (traces || decide.AboutClient(f.Name)) && !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	return names
}

// client tells who is taken for the client, if that is not simply the peer.
func (j *journey) client(said []string) {
	if j.q.Trusted {
		source := site.Source{}
		for _, p := range j.in.Edge.Trusted {
			if p.Network.Contains(j.q.Peer) {
				source = p.Source
				break
			}
		}
		j.step(site.CacheTier, "client", "F2", source, inClient, "the peer %s is in trusted_proxies, and believed: the client is %s", j.q.Peer, j.q.Client)
		return
	}
	if len(said) > 0 {
		j.step(site.CacheTier, "client", "F2", site.Source{}, inClient, "the peer %s is not in trusted_proxies: its %s is dropped", j.q.Peer, strings.Join(said, ", "))
	}
}

// appFields lists what the app gets.
func (j *journey) appFields(taken *site.Route) {
	j.out.AppTarget = cmp.Or(j.q.Leads, j.q.Target)
	host := Field{Name: "Host", Value: j.q.Host}
	if b, _ := j.w.Host.Site.BackendByName(taken.Backend); b.Host != "" {
		host = Field{Name: "Host", Value: b.Host, Source: sourceText(b.Source)}
	}
	j.out.AppHeaders = append(j.out.AppHeaders, host)
	for _, f := range j.q.Header {
		field := Field{Name: f.Name, Value: f.Value}
		for _, written := range taken.RequestHeaders.Written() {
			if wire.EqualFold(f.Name, written.Name) && (f.Value == written.Value || strings.HasSuffix(f.Value, site.AddedBehind+written.Value)) {
				field.Source = sourceText(written.Source)
			}
		}
		if field.Source == "" && wire.EqualFold(f.Name, "X-Request-Id") && !strings.Contains(j.r.Head, f.Value) {
			field.Value = newID
		}
		if wire.EqualFold(f.Name, site.TraceParent) && f.Value == j.q.Trace && j.in.Edge.Trace != nil {
			field.Source = sourceText(j.in.Edge.Trace.Source)
			if !j.q.TraceKept {
				field.Value = newID
			}
		}
		j.out.AppHeaders = append(j.out.AppHeaders, field)
	}
}

// newID stands for an X-Request-Id or a traceparent that is made when the request comes.
const newID = "(a new one)"

// answerFields lists what is set in the answer, whoever makes it.
func (j *journey) answerFields() {
	if h := j.w.Host; h != nil && h.Site.HSTS != nil && (!j.in.Edge.Plain() || j.q.HTTPS) {
		j.out.AnswerHeaders = append(j.out.AnswerHeaders, Field{Name: "Strict-Transport-Security", Value: h.Site.HSTS.Value(), Source: sourceText(h.Site.HSTS.Source)})
	}
	if says := j.in.Edge.AltSvc(); says != "" && j.r.HTTPS && !j.w.Ends() {
		j.out.AnswerHeaders = append(j.out.AnswerHeaders, Field{Name: "Alt-Svc", Value: says, Source: sourceText(j.in.Edge.ProtocolsSource)})
	}
	taken := j.w.Taken()
	if taken != nil {
		j.paged(taken)
	}
	j.worded()
	if taken == nil {
		return
	}
	if tags := j.w.Host.Site.Cache.Tags; tags != "" && taken.Backend != "" {
		j.out.RemovedHeaders = append(j.out.RemovedHeaders, tags)
	}
	for _, name := range taken.ResponseHeaders.Remove {
		j.out.RemovedHeaders = append(j.out.RemovedHeaders, name.Name)
		j.out.AnswerHeaders = slices.DeleteFunc(j.out.AnswerHeaders, func(f Field) bool { return wire.EqualFold(f.Name, name.Name) })
	}
	for _, set := range taken.ResponseHeaders.Set {
		if set.ForSuccess() && j.out.Status != 0 && !site.Successful(j.out.Status) {
			continue
		}
		j.out.AnswerHeaders = slices.DeleteFunc(j.out.AnswerHeaders, func(f Field) bool { return wire.EqualFold(f.Name, set.Name) })
		j.out.AnswerHeaders = append(j.out.AnswerHeaders, Field{Name: set.Name, Value: set.Value, Source: sourceText(set.Source)})
	}
	j.defaultFields(taken.ResponseHeaders.Default)
	for _, added := range taken.ResponseHeaders.Add {
		value := unforetold
		if at := slices.IndexFunc(j.out.AnswerHeaders, func(f Field) bool { return wire.EqualFold(f.Name, added.Name) }); at >= 0 {
			value = j.out.AnswerHeaders[at].Value
			j.out.AnswerHeaders = slices.Delete(j.out.AnswerHeaders, at, at+1)
		}
		j.out.AnswerHeaders = append(j.out.AnswerHeaders, Field{Name: added.Name, Value: value + site.AddedBehind + added.Value, Source: sourceText(added.Source)})
	}
}

// unforetold stands for what a field of an answer has of whoever gives it, which may be
// nothing.
const unforetold = "(what the answer says)"

// defaultFields adds what an answer of the edge's own does not say, and tells what is
// added to an app's, where it does not say that.
func (j *journey) defaultFields(rules []site.Header) {
	for _, d := range rules {
		said := slices.ContainsFunc(j.out.AnswerHeaders, func(f Field) bool { return wire.EqualFold(f.Name, d.Name) })
		switch {
		case j.out.Status == 0 && !said:
			j.step(site.CacheTier, "headers", "", d.Source, "", "%s: %s is added where %s says no %s", d.Name, d.Value, j.out.Backend, d.Name)
		case !said && decide.Lacks(j.out.Status, d):
			j.out.AnswerHeaders = append(j.out.AnswerHeaders, Field{Name: d.Name, Value: d.Value, Source: sourceText(d.Source)})
		}
	}
}

// worded adds the type of the edge's own words, where it has a few.
func (j *journey) worded() {
	if j.out.Status < 300 && j.w.Turn != decide.Health && j.w.Turn != decide.Purges || j.out.Status == http.StatusNotModified {
		return
	}
	if !slices.ContainsFunc(j.out.AnswerHeaders, func(f Field) bool { return f.Name == "Content-Type" }) {
		j.out.AnswerHeaders = append(j.out.AnswerHeaders, Field{Name: "Content-Type", Value: "text/plain; charset=utf-8"})
	}
}

// Drops reports whether the edge lets no app say a field of that name to a client.
func Drops(name string) bool {
	h := wire.Header{{Name: name}}
	decide.CleanResponse(&h)
	return len(h) == 0
}
