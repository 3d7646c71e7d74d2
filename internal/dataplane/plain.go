package dataplane

import (
	"net/http"

	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// plainHTTP answers on the public plain-HTTP listeners: a redirect to https
// for every name that a site claims. The model says all of it, so a builtin
// web tier asks no cache tier.
func (p *Plane) plainHTTP(x *exchange) answer {
	x.Client = x.Peer
	return p.plainAnswer(x)
}

// relayedPlain answers a native web tier, which owns the plain-HTTP listeners
// and names the client in X-Real-IP.
func (p *Plane) relayedPlain(x *exchange) answer {
	x.Client, _ = decide.ParseAddress(x.Header.Get("X-Real-IP"))
	if status, ok := errorIn(x.Header.Get(site.NoteWords)); ok {
		// The words for an error that the web tier itself met.
		x.cache, x.tier = "PASS", "web"
		a := passed(status)
		if status == http.StatusMethodNotAllowed {
			a.Header.Add("Allow", site.AllowLine(site.UsualMethods()))
		}
		return a
	}
	return p.plainAnswer(x)
}

// errorIn is the status of an error that a note names; false where it names none.
func errorIn(note string) (status int, ok bool) {
	n, ok := wire.Digits(note)
	return int(n), ok && n >= 400 && n < 600
}

func (p *Plane) plainAnswer(x *exchange) answer {
	x.cache, x.tier, x.ID = "PASS", "cache", decide.NewID()
	if a, ok := p.challenged(x); ok {
		return a
	}
	w := x.model.decide.DecidePlain(&x.Question)
	x.host = w.Host
	a := x.ended(w)
	a.Header.Add("X-Cache", x.cache)
	if x.Body != nil {
		a.close = true // nobody reads it
	}
	return a
}
