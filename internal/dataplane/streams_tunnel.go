package dataplane

import (
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"net/http"

	"edgegen/internal/dataplane/fields"
	"edgegen/internal/dataplane/pipe"
	"edgegen/internal/dataplane/wire"
)

// asHandshake is what an app is asked for a CONNECT: a handshake of HTTP/1.1,
// with a key of the edge's own.
func (x *exchange) asHandshake() wire.Request {
	var key [16]byte
	_, _ = rand.Read(key[:]) // it never fails
	x.Header.Set("Sec-WebSocket-Key", base64.StdEncoding.EncodeToString(key[:]))
	request := *x.forApp()
	request.Method, request.Length = http.MethodGet, 0
	return request
}

// errNotAccepted is about an app whose answer does not belong to the handshake that it
// was sent.
var errNotAccepted = errors.New("the app has answered another Sec-WebSocket-Key")

// accepted reports whether an app has understood the edge's handshake (RFC 6455
// 4.1), and removes its proof, which is of no meaning to the client.
func accepted(answer, request wire.Header) bool {
	sum := sha1.Sum([]byte(request.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return answer.Get("Sec-WebSocket-Accept") == base64.StdEncoding.EncodeToString(sum[:])
}

// errOpened is an app that answers a handshake as if it were no handshake.
var errOpened = errors.New("the app has not switched protocols, and says that all is well")

// refusing is an app's answer to a handshake that it does not take. To whoever has asked by
// CONNECT a success would say that the WebSocket is open (RFC 8441, 4).
func (p *Plane) refusing(x *exchange, r *wire.Response) *wire.Response {
	if !x.Tunnel || r.Status >= 300 {
		return r
	}
	r.Close()
	return p.unanswered(x, errOpened)
}

// pipe lets a WebSocket through until it ends.
func (c *streams) pipe(e *stream, a answer) {
	p, s := c.plane, e.to
	defer p.sockets.Leave()
	defer a.switched.Close()
	s.Detach()
	a.Header.Del("Sec-WebSocket-Accept")
	client := s.Tunnel()
	defer client.Close()
	p.streams.Leave() // it is no request any more
	e.logged = true
	var up, down int64
	err := s.Head(fields.Answer{Status: http.StatusOK, Header: a.Header, Length: -1, Date: p.date()}, false)
	if err == nil {
		_, err = s.Write(a.switched.Early)
		s.Flush()
	}
	if err == nil {
		carried := &pipe.Pipe{Room: &p.pipes, Idle: e.model.edge.Timeout.WebSocketIdle}
		p.track.socket(e, e.backend)
		up, down = carried.Run(client, a.switched.Conn)
		p.track.ended(e)
	}
	r := e.finish(http.StatusSwitchingProtocols, down+int64(len(a.switched.Early)))
	r.Received = up
	p.access(&r, !e.others)
}
