package dataplane

import (
	"net/http"
	"strconv"
	"strings"

	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/proxyheader"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// fronted answers a native TLS tier that reads HTTP itself: nginx, which says in a note
// whose request it is.
func (p *Plane) fronted(x *exchange) answer {
	p.from(x)
	if note := x.Header.Get(site.NoteWords); note != "" {
		return p.frontWords(x, note)
	}
	handshake := x.Upgrade.Protocol != "" || x.Upgrade.Connection || x.Header.Has("Sec-WebSocket-Key")
	body, _ := x.Body.(*requestBody)
	a := p.front.serve(x)
	a.Header.Filter(func(f wire.Field) bool { return !site.IsHandoverName(f.Name) }) // nginx would do it
	switch {
	case a.gone:
	case a.close && !handshake && a.Status >= http.StatusBadRequest && a.Status != http.StatusRequestEntityTooLarge:
		x.others = true // the question for the words is logged
		ownWords(a.Response)
	case body != nil && a.switched == nil:
		body.overhear(a.Status)
	}
	return a
}

// ownWords makes nginx ask a second time for the text of an answer, in a location that
// closes the client's connection: nginx does not pass on what an answer says about the
// connection. The second answer is sent as it is.
func ownWords(r *wire.Response) {
	r.Header.Del("Content-Type") // nginx would add that of the words to it
	r.Header = append(r.Header, wire.Field{Name: "X-Accel-Redirect", Value: "@edge_refused"}, wire.Field{Name: site.NoteWords, Value: strconv.Itoa(r.Status)})
}

// from reads whose request it is.
func (p *Plane) from(x *exchange) {
	address, rest, _ := strings.Cut(x.Header.Get(site.NoteFrom), " ")
	version, protocol, _ := strings.Cut(rest, " ")
	if peer, ok := decide.ParseAddress(address); ok {
		x.Peer = peer
	}
	if protocol != "" {
		x.Protocol = protocol
	}
	version, _, chunked := strings.Cut(version, ",")
	if chunked && x.Length == 0 && !x.Header.Has("Transfer_Encoding") { // nginx has made that a length, and tells no "_" from "-"
		x.Length, x.Body = -1, wire.NewBytes(nil)
	}
	x.TLS = proxyheader.VersionNamed(version)
}

// frontWords answers in the place of an error of nginx's own. The note has the status,
// the host, and the request line as the client has sent them, or "-" where there is none.
// Some requests that nginx refuses have an answer by the site's rules, and get that.
func (p *Plane) frontWords(x *exchange, note string) answer {
	said, rest, _ := strings.Cut(note, " ")
	host, line, _ := strings.Cut(rest, " ")
	method, rest, _ := strings.Cut(line, " ")
	x.Host, x.Method, x.Target = host, method, rest
	if at := strings.LastIndexByte(rest, ' '); at >= 0 {
		x.Target = rest[:at]
	}
	x.Client, x.cache, x.tier = x.Peer, "PASS", "cache"
	if nginxRefuses(&x.Question) {
		if x.Host == "" {
			return x.withoutHost()
		}
		if p.decidable(x) {
			return p.front.serve(x)
		}
	}
	status, ok := errorIn(said)
	if !ok {
		status = http.StatusBadRequest
	}
	return passed(status)
}

// withoutHost answers a request of which nginx has read nothing but the first line before
// it refused it.
func (x *exchange) withoutHost() answer {
	allow := wire.Field{Name: "Allow", Value: site.AllowLine(site.UsualMethods())}
	switch {
	case x.Target == "*" && x.Method == http.MethodOptions:
		return answer{Response: &wire.Response{Status: http.StatusNoContent, Length: -1, Header: wire.Header{allow, {Name: "X-Cache", Value: "PASS"}}}}
	case x.Target == "*":
		return passed(http.StatusBadRequest)
	case strangeMethod(x.Method):
		return passed(http.StatusMethodNotAllowed, allow)
	}
	return passed(http.StatusNotFound)
}

// nginxRefuses reports a valid request that nginx refuses: with a method that is not spelt
// in capitals or that nginx does not know, with the target "*", with a path that leads out
// of the root, or for a name that no host can have.
func nginxRefuses(q *decide.Question) bool {
	if q.Host == "-" || q.Target != "*" && !strings.HasPrefix(q.Target, "/") {
		return false
	}
	if strangeMethod(q.Method) || q.Method == http.MethodTrace || q.Target == "*" || strings.Contains(q.Host, "..") {
		return true
	}
	path, _, _ := strings.Cut(q.Target, "?")
	_, status := decide.DecodePath(path)
	return status == http.StatusNotFound
}

// strangeMethod reports a method that nginx takes for none.
func strangeMethod(method string) bool {
	return method == http.MethodConnect || strings.ContainsFunc(method, func(c rune) bool { return (c < 'A' || c > 'Z') && c != '_' && c != '-' })
}

// decidable reports whether what becomes of the request is known without its body.
func (p *Plane) decidable(x *exchange) bool {
	q := x.Question
	q.Header = x.Header.Clone()
	if w := x.model.decide.Receive(&q); w.Ends() {
		return false
	}
	w := x.model.decide.Decide(&q, p.rights)
	switch w.Status(q.Method) {
	case http.StatusNoContent, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusMisdirectedRequest:
		return w.Ends()
	}
	return false
}
