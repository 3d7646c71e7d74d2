package compare

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"edgegen/test/edge"
)

// streams is one connection of HTTP/2.
type streams struct {
	conn    net.Conn
	framer  *http2.Framer
	encoder *hpack.Encoder
	block   bytes.Buffer
	decoder *hpack.Decoder
	now     *stream // whose head is read
	all     []*stream
	room    int // for data, of the connection
	first   int // of each stream
	open    int
	problem string
}

// stream is one request on it.
type stream struct {
	result
	id    uint32
	left  string // of the body
	room  int
	half  int // what is left when the stream is to be reset; -1 for never
	step  *step
	ended bool
	sent  bool
}

// askStreams asks all steps at once over HTTP/2. Their bodies are interleaved.
func askStreams(address string, steps []*step, marks []string) []result {
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: edge.Patience}, "tcp", address, clientTLS("h2"))
	if err != nil {
		return []result{{problem: err.Error()}}
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(edge.Patience)) // Read fails where it cannot be set
	c := &streams{conn: conn, framer: http2.NewFramer(conn, bufio.NewReader(conn)), room: 65535, first: 65535}
	c.encoder, c.decoder = hpack.NewEncoder(&c.block), hpack.NewDecoder(4096, c.field)
	_, _ = io.WriteString(conn, http2.ClientPreface) // what fails here shows when reading
	_ = c.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 30})
	_ = c.framer.WriteWindowUpdate(0, 1<<30)
	for i, s := range steps {
		c.begin(s, marks[i])
	}
	for c.problem == "" && c.open > 0 {
		if !c.send() {
			c.frame()
		}
	}
	var results []result
	for _, s := range c.all {
		if !s.ended {
			s.broken, s.problem = true, c.problem
		}
		results = append(results, s.result)
	}
	return results
}

// begin sends the head of a request.
func (c *streams) begin(step *step, mark string) {
	s := &stream{result: result{header: http.Header{}}, id: uint32(2*len(c.all) + 1), left: step.body, room: c.first, half: -1, step: step, sent: step.body == ""}
	c.all = append(c.all, s)
	c.open++
	c.block.Reset()
	write := func(name, value string) { _ = c.encoder.WriteField(hpack.HeaderField{Name: name, Value: value}) }
	for _, field := range [][2]string{{":method", step.method}, {":scheme", "https"}, {":authority", step.host}, {":path", step.path + "?m=" + mark}, {"user-agent", "sequence"}} {
		write(field[0], field[1])
	}
	for _, line := range step.lines {
		name, value, _ := strings.Cut(line, ": ")
		write(strings.ToLower(name), value)
	}
	if !step.chunked && step.body != "" {
		write("content-length", strconv.Itoa(len(step.body)))
	}
	_ = c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: s.id, BlockFragment: c.block.Bytes(), EndStream: s.sent, EndHeaders: true})
	if step.reset {
		if s.half = len(step.body) / 2; s.half == 0 {
			c.reset(s)
		}
	}
}

func (c *streams) reset(s *stream) {
	_ = c.framer.WriteRSTStream(s.id, http2.ErrCodeCancel)
	s.sent = true
	c.end(s)
}

func (c *streams) end(s *stream) {
	if !s.ended {
		s.ended = true
		c.open--
	}
}

// send sends a part of each body that is not out yet, and reports whether there was one.
func (c *streams) send() bool {
	some := false
	for _, s := range c.all {
		n := min(len(s.left), 4000, s.room, c.room)
		if s.sent || s.ended || n <= 0 {
			continue
		}
		some = true
		part := s.left[:n]
		s.left, s.room, c.room = s.left[n:], s.room-n, c.room-n
		s.sent = s.left == ""
		_ = c.framer.WriteData(s.id, s.sent && !s.step.trailers, []byte(part)) // as above
		switch {
		case s.half >= 0 && len(s.left) <= s.half:
			c.reset(s)
		case s.sent && s.step.trailers:
			c.block.Reset()
			_ = c.encoder.WriteField(hpack.HeaderField{Name: "x-trailer", Value: "yes"})
			_ = c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: s.id, BlockFragment: c.block.Bytes(), EndStream: true, EndHeaders: true})
		}
	}
	return some
}

func (c *streams) field(h hpack.HeaderField) {
	s := c.now
	status, _ := strconv.Atoi(h.Value)
	switch {
	case s == nil:
	case h.Name != ":status":
		s.header.Add(h.Name, h.Value)
	case status < 200:
		s.interim = append(s.interim, status)
	default:
		s.status = status
	}
}

// frame takes in one frame.
func (c *streams) frame() {
	frame, err := c.framer.ReadFrame()
	if err != nil {
		c.problem = "the connection ends: " + err.Error()
		return
	}
	c.now = nil
	if n := frame.Header().StreamID; n > 0 && int(n/2) < len(c.all) {
		c.now = c.all[n/2]
	}
	switch f := frame.(type) {
	case *http2.HeadersFrame:
		c.head(f.HeaderBlockFragment(), f.StreamEnded())
	case *http2.ContinuationFrame:
		c.head(f.HeaderBlockFragment(), false)
	case *http2.DataFrame:
		c.now.body += string(f.Data())
		if f.StreamEnded() {
			c.end(c.now)
		}
	case *http2.WindowUpdateFrame:
		if c.now != nil {
			c.now.room += int(f.Increment)
		} else {
			c.room += int(f.Increment)
		}
	case *http2.SettingsFrame:
		if first, ok := f.Value(http2.SettingInitialWindowSize); ok {
			for _, s := range c.all {
				s.room += int(first) - c.first
			}
			c.first = int(first)
		}
	case *http2.RSTStreamFrame:
		if !c.now.ended {
			c.now.broken = true
			c.end(c.now)
		}
	case *http2.GoAwayFrame:
		c.problem = fmt.Sprintf("the connection ends: %v", f.ErrCode)
	}
}

func (c *streams) head(fragment []byte, ended bool) {
	if _, err := c.decoder.Write(fragment); err != nil {
		c.problem = "head: " + err.Error()
	}
	if ended {
		c.end(c.now)
	}
}
