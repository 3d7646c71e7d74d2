package engines

import "edgegen/internal/site"

// frontDifferences are those of nginx where it ends TLS, and reads requests before
// edgegen does.
func frontDifferences() []Difference {
	all := []Difference{
		{Name: "nginx-half-close", Clause: "W1",
			What:  "a WebSocket ends when either side has closed its half; what the other had still to say is lost",
			Why:   "nginx ends an upgraded connection at the first end of either side",
			Tried: "no directive keeps it open"},
		{Name: "nginx-handshake-closes", Clause: "W4",
			What:  "the connection closes after the answer to a handshake on a route that takes none",
			Why:   "nginx closes by location and not by answer, and after an app's refusal of a handshake the connection has to close",
			Tried: "what an app's answer says of the connection nginx does not pass on"},
		{Name: "nginx-connection-lines", Clause: "F4", Gone: "1.23",
			What: "of several Connection lines the first alone is read: a header that another one names reaches the app",
			Why:  "a variable of such an nginx has the first line of that name"},
		{Name: "native-bare-lf", Clause: "E4",
			What:  "a line of a head may end in LF alone; it is forwarded with CRLF",
			Why:   "nginx takes either, and has no directive for it",
			Tried: "nothing ambiguous reaches an app: nginx writes every head anew"},
		{Name: "native-request-spaces", Clause: "E4",
			What: "several spaces may stand between the words of a request line; it is forwarded with one",
			Why:  "nginx skips them"},
		{Name: "nginx-no-colon", Clause: "E4",
			What: "a line of a head without a colon is taken for a header without a value, and forwarded as one",
			Why:  "nginx reads it so"},
		{Name: "nginx-no-version", Clause: "E4",
			What: "a request line without a version is answered by words without a status line",
			Why:  "nginx takes it for HTTP/0.9, whose answers have none"},
		{Name: "nginx-two-of-a-kind", Clause: "A5",
			What: "a request with two Authorization lines is refused with 400, and not with 401",
			Why:  "nginx takes one"},
		{Name: "nginx-unread-stream", Clause: "E3", Sometimes: true,
			What: "over HTTP/2, a method that is not spelt in capitals, the target *, a path that leads out of the root and a name that no host can have are refused with 400, and not with 405, 204, 404 and 421; over HTTP/1.1 they are not, but for what the site adds to such an answer",
			Why:  "nginx refuses them before it has noted what was asked for"},
		{Name: "nginx-framing-alike", Clause: "E4", Sometimes: true,
			What:  "over HTTP/2, a header that looks like Transfer-Encoding, as Transfer_Encoding does, is refused with 400 as that is, and not dropped",
			Why:   "a variable of nginx takes a \"_\" for a \"-\"",
			Tried: "without looking for it, nginx waits for the end of a chunked body that HTTP/2 does not have"},
		{Name: "native-connections", Clause: "E5",
			What: "limits.connections sizes workers and descriptors; a connection over it is not answered with 503",
			Why:  "nginx counts a client's requests and not its connections, and closes at the limit of its workers"},
		{Name: "nginx-keeps-draining", Clause: "H4",
			What: "while the edge drains, connections are kept",
			Why:  "nginx decides by its file whether a connection is kept, and what an answer says of it nginx does not pass on"},
		{Name: "nginx-reload-closes", Clause: "R2", Sometimes: true,
			What:  "a request that comes on a kept connection of HTTP/1.1 in the moment in which nginx reads its files anew may find it closed, and is not answered; none that has begun is lost, nor is a WebSocket, and over HTTP/2 the client is told beforehand",
			Why:   "old workers of nginx 1.22 close connections on which nothing is asked at once",
			Tried: "nginx is told only where nginx.conf or a certificate is another one"},
	}
	for i := range all {
		all[i].Engine, all[i].Tier = site.Nginx, site.TLSTier
	}
	return all
}
