package engines

import "edgegen/internal/site"

// frontDifferences are those of nginx as the tls tier, where it reads requests before
// edgegen does.
func frontDifferences() []Difference {
	all := []Difference{
		{Name: "nginx-half-close", Clause: "W1",
			What:  "a WebSocket ends when either side closes its half; what the other side had still to send is lost",
			Why:   "nginx ends an upgraded connection when either side ends",
			Tried: "no directive keeps it open"},
		{Name: "nginx-handshake-closes", Clause: "W4",
			What:  "the connection closes after the answer to a handshake on a route without WebSockets",
			Why:   "nginx decides on closing by location, not by answer, and after an app has refused a handshake the connection has to close",
			Tried: "nginx does not pass on what an app's answer says about the connection"},
		{Name: "nginx-connection-lines", Clause: "F4", Gone: "1.23",
			What: "of several Connection headers only the first is read: a header that another one names reaches the app",
			Why:  "before 1.23, a variable of nginx has only the first header of a name"},
		{Name: "native-bare-lf", Clause: "E4",
			What:  "a line of a request's head may end in LF alone; it is forwarded with CRLF",
			Why:   "nginx accepts both, and has no directive for it",
			Tried: "nothing ambiguous reaches an app: nginx writes every head anew"},
		{Name: "native-request-spaces", Clause: "E4",
			What: "the words of a request line may be separated by several spaces; it is forwarded with one",
			Why:  "nginx skips them"},
		{Name: "nginx-no-colon", Clause: "E4",
			What: "a line of a head without a colon is read as a header without a value, and forwarded as one",
			Why:  "nginx reads it so"},
		{Name: "nginx-no-version", Clause: "E4",
			What: "a request line without a version is answered by a text without a status line",
			Why:  "nginx reads it as HTTP/0.9, whose answers have none"},
		{Name: "nginx-two-of-a-kind", Clause: "A5",
			What: "a request with two Authorization headers is refused with 400 instead of 401",
			Why:  "nginx accepts only one"},
		{Name: "nginx-unread-stream", Clause: "E3", Sometimes: true,
			What: "over HTTP/2, these are refused with 400 instead of 405, 204, 404 and 421: a method not in capitals, the target *, a path that leads out of the root, and an impossible host name; over HTTP/1.1 the status is right, but the answer lacks what the site would add",
			Why:  "nginx refuses such a request before it has noted what was asked for"},
		{Name: "nginx-trailers", Clause: "F1",
			What: "over HTTP/2, trailers of a request end the connection, with all that the client has requested on it; over HTTP/1.1 they are dropped",
			Why:  "nginx takes them for the head of an earlier stream"},
		{Name: "nginx-unread-body", Over: onlyOver, Clause: "E5", Sometimes: true,
			What:  "the connection may close after an answer that says that it is kept, if the answer came before the request's body was complete: if a body of more than 64 KiB is refused, or an app answers early on a route with stream = true",
			Why:   "nginx writes the head of the answer before it checks whether the body is complete",
			Tried: "edgegen reads a shorter body before it answers nginx"},
		{Name: "nginx-framing-alike", Clause: "E4", Sometimes: true,
			What:  "over HTTP/2, a header that looks like Transfer-Encoding, such as Transfer_Encoding, is refused with 400 and not dropped",
			Why:   "a variable of nginx does not distinguish \"_\" from \"-\"",
			Tried: "without this test nginx would wait for the end of a chunked body, which HTTP/2 does not have"},
		{Name: "native-connections", Clause: "E5",
			What: "limits.connections sizes workers and file descriptors; a connection over it is not answered with 503",
			Why:  "nginx counts a client's requests and not its connections, and closes connections beyond its workers' limit"},
		{Name: "nginx-keeps-draining", Clause: "H4",
			What: "while the edge drains, connections are kept open",
			Why:  "nginx decides by its configuration whether to keep a connection, and does not pass on what an answer says about it"},
		{Name: "nginx-reload-closes", Clause: "R2", Sometimes: true,
			What:  "a request that arrives on a kept HTTP/1.1 connection just as nginx reloads may find the connection closed, and gets no answer; requests and WebSockets under way are not lost, and over HTTP/2 the client is told in advance",
			Why:   "old workers of nginx 1.22 close idle connections at once",
			Tried: "nginx is reloaded only if nginx.conf or a certificate has changed"},
	}
	for i := range all {
		all[i].Engine, all[i].Tier = site.Nginx, site.TLSTier
	}
	return all
}
