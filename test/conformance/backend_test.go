package conformance

import (
	"bufio"
	"io"
	"net"
	"net/textproto"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"edgegen/test/collector"
	"edgegen/test/edge"
	"edgegen/test/load"
)

// backend is an app that records every byte that reaches it and answers as the
// case says whose mark the request carries.
type backend struct {
	name string
	log  *record
}

// record is what all the backends of an edge have seen. It is safe for use by
// several goroutines.
type record struct {
	mu          sync.Mutex
	requests    map[string][]request // by the mark of the case; "" where there is none
	connections []*edge.Transcript
	answers     map[string]func(*exchange)
	moving      []string            // the addresses of the app that a case moves
	pieces      map[string][]string // of bodies, as they came, by mark
	traces      collector.Collector // what the edge tells of requests
}

// request is one request as it reached a backend.
type request struct {
	backend        string
	mark           string // of the case; "" where there is none
	head, body     string // as received
	method, target string
	header         textproto.MIMEHeader
	from           string // the address of the peer
}

func newRecord() *record {
	return &record{requests: map[string][]request{}, answers: map[string]func(*exchange){}, pieces: map[string][]string{}}
}

// serve starts a backend on the listener. It ends with the test.
func (r *record) serve(t *testing.T, name string, listener net.Listener) {
	b := &backend{name: name, log: r}
	load.Serve(t, listener, b.converse)
}

// converse answers the requests of one connection until somebody closes it.
func (b *backend) converse(conn net.Conn) {
	recorded := edge.NewTranscript()
	b.log.mu.Lock()
	b.log.connections = append(b.log.connections, recorded)
	b.log.mu.Unlock()
	reader := bufio.NewReader(io.TeeReader(conn, recorded))
	for {
		got, ok := readRequest(reader)
		if !ok {
			return
		}
		got.backend, got.from = b.name, conn.RemoteAddr().String()
		x := &exchange{request: got, conn: conn, reader: reader}
		answer := b.log.add(x)
		if answer == nil {
			answer = say(page("app " + b.name + "\n"))
		}
		answer(x)
		if x.over || strings.Contains(strings.ToLower(got.header.Get("Connection")), "close") {
			return
		}
	}
}

// add records a request, counts it within its case, and returns how it is
// answered.
func (r *record) add(x *exchange) func(*exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests[x.mark] = append(r.requests[x.mark], x.request)
	x.number = len(r.requests[x.mark])
	return r.answers[x.mark]
}

// answer says how requests with the mark are answered.
func (r *record) answer(mark string, f func(*exchange)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers[mark] = f
}

// markOf finds the case that a text belongs to.
func markOf(text string) string { return markForm.FindString(text) }

var markForm = regexp.MustCompile(`[c-g][0-9]{4}z`) // the letter tells attempts apart

// piece notes a part of a body that has reached an app.
func (r *record) piece(mark, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pieces[mark] = append(r.pieces[mark], text)
}

// come is all that has come of a body.
func (r *record) come(mark string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.pieces[mark], "")
}

// seen returns the requests with the mark, in the order they came.
func (r *record) seen(mark string) []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.requests[mark])
}

// brought reports whether the text came over any connection, in a request or
// beside one.
func (r *record) brought(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.connections, func(c *edge.Transcript) bool { return strings.Contains(c.Text(), text) })
}

// readRequest reads one request with its body. It is as lax as an app may be.
func readRequest(reader *bufio.Reader) (got request, ok bool) {
	var head strings.Builder
	for !strings.HasSuffix(head.String(), "\r\n\r\n") {
		line, err := reader.ReadString('\n')
		head.WriteString(line)
		if err != nil {
			return got, false
		}
	}
	got.head = head.String()
	first, fields, _ := strings.Cut(got.head, "\r\n")
	got.method, got.target, _ = strings.Cut(first, " ")
	got.target, _, _ = strings.Cut(got.target, " ")
	got.header, _ = textproto.NewReader(bufio.NewReader(strings.NewReader(fields))).ReadMIMEHeader()
	got.mark = markOf(got.target)
	if strings.EqualFold(got.header.Get("Transfer-Encoding"), "chunked") {
		for {
			line, err := reader.ReadString('\n')
			size, sizeErr := strconv.ParseInt(strings.TrimSpace(line), 16, 32)
			if err != nil || sizeErr != nil {
				return got, false
			}
			chunk := make([]byte, size+2)
			if _, err := io.ReadFull(reader, chunk); err != nil {
				return got, false
			}
			got.body += string(chunk[:size])
			if size == 0 {
				return got, true
			}
		}
	}
	length, err := strconv.Atoi(got.header.Get("Content-Length"))
	if err != nil {
		return got, true
	}
	body := make([]byte, length)
	_, err = io.ReadFull(reader, body)
	got.body = string(body)
	return got, err == nil
}

// exchange is a request that waits for its answer.
type exchange struct {
	request
	conn   net.Conn
	reader *bufio.Reader
	number int  // 1 for the first request of the case
	over   bool // the connection is not to be used again
}

// write sends bytes as they are. The peer may be gone; the case sees that.
func (x *exchange) write(text string) { _, _ = io.WriteString(x.conn, text) }

// end closes the connection after what has been written.
func (x *exchange) end() {
	x.over = true
	_ = x.conn.Close() // the other side is what matters
}

// reset breaks the connection.
func (x *exchange) reset() {
	if tcp, ok := x.conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // Close resets in any case where this fails
	}
	x.end()
}

// rest waits until the other side has closed and returns what came.
func (x *exchange) rest() string {
	data, _ := io.ReadAll(x.reader) // a reset ends it as well
	x.over = true
	return string(data)
}

// page is a whole response with a body and header lines.
func page(body string, lines ...string) string { return pageOf("200 OK", body, lines...) }

func pageOf(status, body string, lines ...string) string {
	head := "HTTP/1.1 " + status + "\r\nServer: Recorder/1.0\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n"
	for _, line := range lines {
		head += line + "\r\n"
	}
	return head + "\r\n" + body
}

// say answers with the bytes, to a HEAD without what follows the head.
func say(response string) func(*exchange) {
	return func(x *exchange) {
		if head, _, _ := strings.Cut(response, "\r\n\r\n"); x.method == "HEAD" {
			x.write(head + "\r\n\r\n")
			return
		}
		x.write(response)
	}
}

// inTurn answers the first request with the first answer, and so on; what
// comes after the last gets the last.
func inTurn(answers ...func(*exchange)) func(*exchange) {
	return func(x *exchange) { answers[min(x.number, len(answers))-1](x) }
}

// stall waits until the peer gives up, at most for the time, then answers.
func stall(limit time.Duration) func(*exchange) {
	return func(x *exchange) {
		_ = x.conn.SetReadDeadline(time.Now().Add(limit)) // Peek fails where it cannot be set
		_, err := x.reader.Peek(1)
		_ = x.conn.SetReadDeadline(time.Time{})
		if err == io.EOF {
			x.end()
			return
		}
		x.write(page("late\n"))
	}
}
