package explain

import (
	"fmt"
	"net/http"

	"edgegen/internal/dataplane/decide"
	"edgegen/internal/htpasswd"
	"edgegen/internal/site"
)

// access tells who is asked whether the request may come in to its route; false where
// it may not.
func (j *journey) access() bool {
	if !j.w.Arrives() {
		return true
	}
	taken := j.w.Taken()
	a := &taken.Access
	if l := a.Limit; l != nil {
		j.out.Asked = true
		j.out.counted = fmt.Sprintf("%s comes more often than %d times in %s, with %d more at once", j.counted(l), l.Count, short(l.Per), l.Burst)
		j.step(site.CacheTier, "access", "A4", l.Source, "", "%s may come %d times in %s, and %d times more at once: else the answer is 429", j.counted(l), l.Count, short(l.Per), l.Burst)
	}
	if a.ByAddress() && j.w.Turn != decide.Denied {
		j.step(site.CacheTier, "access", "A1", a.Decisive(j.q.Client), "", "route %s lets %s in", quoted(taken), j.q.Client)
	}
	if j.w.Turn == decide.Denied {
		return true // that is the end, and told as one
	}
	if c := a.Certified; c != nil && !j.certified(c) {
		return false
	}
	if a.Basic != nil && !j.password(a.Basic) {
		return false
	}
	if f := a.Forward; f != nil {
		j.out.Asked = true
		b, _ := j.w.Host.Site.BackendByName(f.Backend)
		j.out.verifier = b.Name
		j.step(site.CacheTier, "access", "A1", f.Source, "", "%s is asked for %s whether it may come in: where its answer is not 2xx, that is the answer", b.Name, f.Path)
		decide.Bring(&j.q.Header, f.Copied(), nil)
	}
	return true
}

// counted says what a limit counts as one client.
func (j *journey) counted(l *site.RateLimit) string {
	if l.Header != "" && j.q.Header.Has(l.Header) {
		return "whoever sends this " + l.Header
	}
	return j.q.Client.String()
}

// password compares that of the request with the file, as the edge does.
func (j *journey) password(b *site.BasicAuth) bool {
	why := fmt.Sprintf("route %s asks for a user and a password, and the request has none", quoted(j.w.Taken()))
	if user, password, ok := decide.Credentials(j.q.Header); ok {
		data, err := htpasswd.Read(b.UsersFile)
		if err != nil {
			j.step(site.CacheTier, "access", "A1", b.Source, "", "%s cannot be read: nobody is let in", j.named(b.UsersFile))
			j.answer(http.StatusServiceUnavailable, "%s cannot be read", j.named(b.UsersFile))
			return false
		}
		file, _ := htpasswd.Parse(data)
		if hash, known := file.Hash(user); hash.Is(password) && known {
			j.step(site.CacheTier, "access", "A1", b.Source, "", "%s has the user and the password", j.named(b.UsersFile))
			return true
		}
		why = fmt.Sprintf("%s has no such user and password", j.named(b.UsersFile))
	}
	j.step(site.CacheTier, "access", "A1", b.Source, "", "%s", why)
	j.answer(http.StatusUnauthorized, "%s", why)
	j.out.AnswerHeaders = append(j.out.AnswerHeaders, Field{Name: "WWW-Authenticate", Value: b.Challenge(), Source: sourceText(b.Source)})
	return false
}

// unless adds to the first line what may come instead, as nobody knows what others say.
func (j *journey) unless() {
	if j.out.Status >= 400 {
		return
	}
	if j.out.counted != "" {
		j.out.Answer += "; 429 if " + j.out.counted
	}
	if j.out.verifier != "" {
		j.out.Answer += "; unless " + j.out.verifier + " does not let it in"
	}
}
