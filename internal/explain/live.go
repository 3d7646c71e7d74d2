package explain

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"edgegen/internal/dataplane/wire"
	"edgegen/internal/vsm"
)

// Live is what came of a request that was sent, beside what was foretold.
type Live struct {
	// Answer says in one line what came and why, where that is more than was foretold.
	Answer   string            `json:"answer,omitempty"`
	Address  string            `json:"address"`  // that was connected to
	Protocol string            `json:"protocol"` // that was spoken, as in the access log
	Status   int               `json:"status"`
	Headers  []Field           `json:"headers"`
	Bytes    int64             `json:"bytes"` // of the body
	Duration float64           `json:"duration_ms"`
	Log      LogLine           `json:"log"`               // the line of the access log; nil where none was found
	Varnish  []vsm.Logged      `json:"varnish,omitempty"` // what varnishd has logged of it
	Compared []Compared        `json:"compared"`
	Differs  bool              `json:"differs"`
	header   map[string]string // by lower-case names
	// Port is the client's, by which the request is known to varnishd.
	Port int `json:"-"`
}

// Compared is one thing that was foretold, and what came.
type Compared struct {
	What     string `json:"what"`
	Foretold string `json:"foretold"`
	Came     string `json:"came"`
	Differs  bool   `json:"differs"`
}

// Header is a field of the answer, "" where it is not there.
func (l *Live) Header(name string) string { return l.header[strings.ToLower(name)] }

// Beside lays what came beside what was foretold. The log is the line of the access
// log, nil for none, and unwell says of the app's servers what is the matter with them.
func (e *Explanation) Beside(l *Live, log LogLine, unwell []string) {
	l.Log = log
	l.Answer = e.came(l, unwell)
	cache := l.header["x-cache"]
	e.besideVerdict(l, cache)
	for _, f := range e.AnswerHeaders {
		if e.Status == 0 && l.Status >= 400 && wire.EqualFold(f.Name, "Cache-Control") {
			continue // it is for successes
		}
		came := l.header[strings.ToLower(f.Name)]
		l.compare(f.Name, f.Value, came, came != f.Value)
	}
	for _, name := range e.RemovedHeaders {
		came, there := l.header[strings.ToLower(name)]
		l.compare(name, "(removed)", came, there)
	}
	if log != nil {
		e.besideLine(l, cache)
	}
}

// Recorded lays a line of the access log beside what is foretold for its request.
func (e *Explanation) Recorded(log LogLine) *Live {
	status, _ := log["status"].(float64)
	l := &Live{Protocol: log.Text("protocol"), Status: int(status), Headers: []Field{}, Log: log}
	l.Answer = e.came(l, nil)
	e.besideVerdict(l, log.Text("cache"))
	e.besideLine(l, log.Text("cache"))
	return l
}

// besideVerdict is about what both an answer and the access log say.
func (e *Explanation) besideVerdict(l *Live, cache string) {
	if e.Protocol != "HTTP/1.1" || l.Protocol != "HTTP/1.1" {
		l.compare("protocol", e.Protocol, l.Protocol, e.Protocol != l.Protocol)
	}
	status := "the app's"
	switch {
	case e.Status != 0:
		status = fmt.Sprint(e.Status)
	case e.Tier == "tls":
		status = "no answer"
	}
	l.compare("status", status, fmt.Sprint(l.Status), e.Status != 0 && l.Status != e.Status || e.Tier == "tls")
	if _, told := l.Log.Told("cache"); l.Log != nil && !told && l.header == nil {
		return // the lines leave it out
	}
	if l.header == nil && cache == "PASS" && e.Cache[0] == "MISS" {
		l.compare("X-Cache", strings.Join(e.Cache, " or "), "PASS, by what the line does not tell: a cookie, say", false)
		return
	}
	piped := l.Status == http.StatusSwitchingProtocols || e.WebSocket
	l.compare("X-Cache", strings.Join(e.Cache, " or "), cache, !slices.Contains(e.Cache, cache) && !(piped && cache == ""))
}

// besideLine is about what the access log alone knows, as far as its lines tell it.
func (e *Explanation) besideLine(l *Live, cache string) {
	made := e.Tier
	if cache == "HIT" || cache == "STALE" {
		made = "cache"
	}
	if tier, told := l.Log.Told("tier"); told {
		came := tier
		if made == "backend" && tier == "web" && l.Status >= 500 {
			came += ", as the app gave no answer"
		}
		l.compare("tier", made, came, tier != made)
	}
	if backend, told := l.Log.Told("backend"); told && made == "backend" {
		l.compare("backend", strings.Join(e.Servers, " or "), backend, !e.among(backend))
	} else if told {
		l.compare("backend", "", backend, backend != "")
	}
	if client, told := l.Log.Told("client"); told {
		l.compare("client", e.Client, client, e.Client != client)
	}
}

// among reports whether a server is one of those that are foretold. What a name stands
// for is not known.
func (e *Explanation) among(server string) bool {
	named := func(s string) bool {
		_, err := netip.ParseAddrPort(s)
		return err != nil && !strings.HasPrefix(s, "unix:")
	}
	return server != "" && (slices.Contains(e.Servers, server) || slices.ContainsFunc(e.Servers, named))
}

func (l *Live) compare(what, foretold, came string, differs bool) {
	l.Compared = append(l.Compared, Compared{what, foretold, came, differs})
	l.Differs = l.Differs || differs
}
