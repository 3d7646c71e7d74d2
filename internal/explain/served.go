package explain

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/fastcgi"
	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/dataplane/static"
	"edgegen/internal/site"
)

// own is what X-Cache may say of an answer of the web tier's own, which names no
// freshness.
func (j *journey) own(taken *site.Route, past decide.Past) {
	if past == decide.LookedUp && !taken.HasTTL && !decide.NeverStored(taken) {
		j.out.Cache = []string{"MISS"}
	}
}

func (j *journey) redirect(taken *site.Route, past decide.Past) {
	to := taken.Redirect
	_, query, _ := strings.Cut(j.q.Target, "?")
	location := to.Location(query)
	if taken.Varies() {
		location = j.q.Leads
	}
	j.step(site.WebTier, "redirect", "M4", to.Source, "", "redirected to %s", location)
	j.answer(to.Status, "route %s redirects to %s", quoted(taken), location)
	j.out.AnswerHeaders = append(j.out.AnswerHeaders, Field{Name: "Location", Value: location, Source: sourceText(to.Source)})
	j.own(taken, past)
}

// proxied tells which app is asked.
func (j *journey) proxied(taken *site.Route, past decide.Past, why string) {
	backend := j.backend(taken)
	j.rewritten(taken)
	if b, _ := j.w.Host.Site.BackendByName(taken.Backend); b.FastCGI != nil && !j.script(taken, past, b.FastCGI) {
		return
	}
	j.step(site.WebTier, "backend", "F1", or(taken.BackendSource, taken.Source), "", "%s is asked", backend)
	j.appFields(taken)
	j.handedOver()
	j.out.Tier = "backend"
	if j.q.Leads != "" {
		backend += ", asked for " + j.q.Leads + ","
	}
	if past == decide.LookedUp {
		j.judges(taken)
		j.answer(0, "MISS or HIT: %s answers a miss, and that is %s", backend, why)
		return
	}
	j.answer(0, "%s; %s answers", why, backend)
}

// judges notes what is needed to tell whether an answer is stored by the header that a
// client gets, where that shows it.
func (j *journey) judges(taken *site.Route) {
	j.out.authorized = j.q.Header.Has("Authorization")
	for _, name := range []string{"Cache-Control", "Expires", "Vary", "Set-Cookie", "Age", "Date", "Last-Modified"} {
		if taken.ResponseHeaders.Touches(name) {
			return
		}
	}
	if j.q.Method == http.MethodGet {
		policy := httpcache.PolicyOf(j.w.Host.Site, taken)
		j.out.policy = &policy
	}
}

// handedOver tells where an app may lead the request.
func (j *journey) handedOver() {
	s := j.w.Host.Site
	var inside []string
	var source site.Source
	for i := range s.Routes {
		if r := &s.Routes[i]; r.Internal {
			inside, source = append(inside, quoted(r)), or(source, r.InternalSource)
		}
	}
	if inside != nil {
		j.step(site.WebTier, "handover", "M7", source, "", "where the answer has an X-Accel-Redirect, the internal route that holds its path answers (%s), and else the answer is 404", strings.Join(inside, ", "))
	}
}

// rewritten tells what the app is asked for in place of the target.
func (j *journey) rewritten(taken *site.Route) {
	if j.q.Leads != "" {
		j.step(site.CacheTier, "rewrite", "M3", taken.Rewrite.Source, "", "the app is asked for %s", j.q.Leads)
	}
}

// script tells which script is run; false where there is none.
func (j *journey) script(taken *site.Route, past decide.Past, f *site.FastCGI) bool {
	app := fastcgi.App{Root: f.Root, Index: f.Index}
	found, err := app.Find(cmp.Or(j.q.Leads, j.q.Target))
	switch {
	case errors.Is(err, fastcgi.ErrNoScript):
		j.step(site.WebTier, "script", "B6", f.Source, "", "no script below %s is for %s", j.named(f.Root), j.q.Path)
		j.answer(http.StatusNotFound, "no script below %s is for %s", j.named(f.Root), j.q.Path)
	case errors.Is(err, static.ErrSlash):
		location := decide.WithSlash(j.q.Target)
		j.step(site.WebTier, "script", "B6", f.Source, "", "%s is there, and the path lacks its last slash", j.named(f.Root+j.q.Path+"/"+f.Index))
		j.answer(static.Slash.Status(j.q.Method), "a directory with %s was asked for without its last slash: redirected to %s", f.Index, location)
		j.out.AnswerHeaders = append(j.out.AnswerHeaders, Field{Name: "Location", Value: location})
	case err != nil:
		j.step(site.WebTier, "script", "B6", f.Source, "", "%s", err)
		return true
	default:
		says := j.named(f.Root+found.Name) + " is run"
		if found.Info != "" {
			says += ", with the PATH_INFO " + found.Info
		}
		j.step(site.WebTier, "script", "B6", f.Source, "", "%s", says)
		return true
	}
	j.own(taken, past)
	return false
}

// backend names an app with its servers.
func (j *journey) backend(taken *site.Route) string {
	j.out.Backend = taken.Backend
	b, _ := j.w.Host.Site.BackendByName(taken.Backend)
	var all []string
	for _, s := range b.Servers {
		j.out.Servers = append(j.out.Servers, s.String())
		named := s.String()
		if s.Backup {
			named += " where no other can be asked"
		}
		all = append(all, named)
	}
	if s := b.Sticky; s != nil && len(b.Servers) > 1 {
		if shows := strings.Contains("; "+j.cookies, "; "+s.Cookie+"="); shows {
			all = append(all, "by its cookie "+s.Cookie)
		}
	}
	j.out.patience = short(b.Timeout.Over(j.in.Edge.Timeout).FirstByte)
	return fmt.Sprintf("%s (%s)", b.Name, strings.Join(all, ", "))
}
