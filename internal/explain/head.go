package explain

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/fields"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/engines"
	"edgegen/internal/site"
)

// protocol tells which version of HTTP is spoken, where the client asks for another than
// HTTP/1.1.
func (j *journey) protocol() {
	j.out.Protocol = "HTTP/1.1"
	if !j.r.Streams() {
		return
	}
	edge, spoken := j.in.Edge, engines.Spoken(j.in.Edge, j.in.Engines)
	switch {
	case j.r.Protocol == site.HTTP3 && spoken.HTTP3:
		j.out.Protocol = "HTTP/3.0"
		j.step(site.TLSTier, "protocol", "Q1", edge.ProtocolsSource, "", "the client speaks HTTP/3, over QUIC, which protocols names")
	case !j.r.HTTPS || edge.Plain():
		j.step(site.WebTier, "protocol", "Q1", site.Source{}, "", "plain listeners speak HTTP/1.1 alone: the client does as well")
	case j.r.Protocol == site.HTTP3:
		j.agreed(spoken, "HTTP/3")
	default:
		j.agreed(spoken, "HTTP/2")
	}
}

// agreed tells what the client and the tls tier agree upon over TCP.
func (j *journey) agreed(spoken site.Protocols, wanted string) {
	edge, says := j.in.Edge, ""
	tls, _ := engines.Named(j.in.Engines.TLS)
	switch {
	case spoken.HTTP2 && j.r.tunnels() && tls.Untunnelled:
		says = tls.Title + " does not say that it takes WebSockets over HTTP/2 (RFC 8441): the client opens this one over HTTP/1.1"
	case spoken.HTTP2:
		j.out.Protocol = "HTTP/2.0"
		says = "the client and the tls tier agree upon HTTP/2"
		if wanted == "HTTP/3" {
			says += ": protocols does not name h3"
		}
	case edge.Protocols.HTTP2:
		says = fmt.Sprintf("%s speaks HTTP/1.1 alone: the client, who asks for %s, does as well", j.in.Engines.TLS, wanted)
	default:
		says = fmt.Sprintf("protocols does not name h2: the client, who asks for %s, speaks HTTP/1.1", wanted)
	}
	j.step(site.TLSTier, "protocol", "Q1", edge.ProtocolsSource, "", "%s", says)
}

// streams reports whether the request comes as a list of fields.
func (j *journey) streams() bool { return j.out.Protocol == "HTTP/2.0" || j.out.Protocol == "HTTP/3.0" }

// head reads the request as the edge does.
func (j *journey) head() bool {
	var err error
	if j.out.Tier = site.CacheTier; j.plain {
		j.out.Tier = site.WebTier
	}
	if j.streams() {
		err = j.list()
	} else {
		err = j.text()
	}
	limit := j.in.Edge.Limits.HeaderSize
	switch {
	case err == nil:
		return true
	case errors.Is(err, wire.ErrHeadTooLarge):
		j.step(j.out.Tier, "head", "E5", j.in.Edge.Limits.Source, "", "the head is larger than limits.header_size, which is %d bytes, or has more than %d fields", limit, wire.MaxFields)
		j.answer(http.StatusRequestHeaderFieldsTooLarge, "the head is larger than limits.header_size")
	default:
		what := j.flaw(err)
		j.step(j.out.Tier, "head", "E4", site.Source{}, inMethod, "the head is malformed: %s", what)
		j.answer(http.StatusBadRequest, "the head is malformed: %s", what)
	}
	return false
}

// text reads a head of HTTP/1.1.
func (j *journey) text() error {
	reader := wire.NewReader(strings.NewReader(j.r.Head), nil)
	text, err := reader.ReadHead(int(j.in.Edge.Limits.HeaderSize), nil)
	if err != nil {
		return err
	}
	if err := wire.ParseRequest(text, &j.q.Request); err != nil {
		return err
	}
	if len(j.q.Header) > wire.MaxFields {
		return wire.ErrHeadTooLarge
	}
	j.out.Protocol = fmt.Sprintf("HTTP/1.%d", j.q.Minor)
	j.q.Protocol = j.out.Protocol
	j.q.Upgrade = decide.ReadUpgrade(j.q.Header)
	if j.q.Length != 0 {
		j.q.Body = strings.NewReader("")
	}
	return nil
}

// list reads a list of fields.
func (j *journey) list() error {
	var read fields.Reader
	read.Reset(j.in.Edge.Limits.HeaderSize, nil)
	length := ""
	for _, f := range j.r.Fields {
		read.Add(f.Name, f.Value)
		if f.Name == "content-length" {
			length = f.Value
		}
	}
	tunnel := read.Protocol == "websocket"
	read.Finish(!tunnel && !j.r.Body && cmp.Or(length, "0") == "0")
	j.q.Protocol = j.out.Protocol
	if read.Fault != nil {
		return read.Fault
	}
	j.q.Request, j.q.Tunnel = read.Wire(), tunnel
	if !tunnel && j.q.Length != 0 && j.q.Method != http.MethodConnect {
		j.q.Body = strings.NewReader("")
	}
	return nil
}

// flaw says what is wrong with a head.
func (j *journey) flaw(err error) string {
	what := strings.TrimPrefix(err.Error(), wire.ErrMalformed.Error()+": ")
	if !j.streams() {
		return what
	}
	for _, f := range j.r.Fields {
		switch name := strings.ToLower(f.Name); {
		case wire.OfConnection(name) && name == "upgrade":
			return fmt.Sprintf("%s has no Upgrade: a WebSocket is opened by CONNECT there (RFC 8441), or over HTTP/1.1", strings.TrimSuffix(j.out.Protocol, ".0"))
		case wire.OfConnection(name):
			what = fmt.Sprintf("%s has no %s", strings.TrimSuffix(j.out.Protocol, ".0"), http.CanonicalHeaderKey(name))
		}
	}
	return what
}
