package explain

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

	"edgegen/internal/dataplane/wire"
	"edgegen/internal/explain"
)

// fields makes of a request of HTTP/1.1 what a client sends over HTTP/2, which need not
// be any good. Many handshakes are made such of RFC 8441. Both nginx
// takes for none.
func (g *generated) fields(head string) wire.Header {
	lines := strings.Split(strings.TrimSuffix(head, "\r\n\r\n"), "\r\n")
	words := strings.Split(lines[0], " ")
	_, host, _ := strings.Cut(lines[1], ": ")
	fields := wire.Header{{Name: ":method", Value: words[0]}, {Name: ":scheme", Value: "https"}, {Name: ":authority", Value: host}, {Name: ":path", Value: words[1]}}
	tunnel := g.ours && strings.Contains(head, "Upgrade: websocket") && g.chance(80)
	if tunnel {
		fields[0].Value = "CONNECT"
		fields = append(fields, wire.Field{Name: ":protocol", Value: g.one("websocket", "websocket", "websocket", "other")})
	}
	switch g.random.IntN(50) {
	case 0:
		if g.ours {
			fields = append(fields, wire.Field{Name: "host", Value: g.one(host, "another.test")})
		}
	case 1:
		fields.Del(":authority")
		fields = append(fields, wire.Field{Name: "host", Value: host})
	}
	for _, line := range lines[2:] {
		name, value, _ := strings.Cut(line, ":")
		name = strings.ToLower(name)
		if tunnel && (name == "connection" || name == "upgrade" || name == "sec-websocket-key" || name == "content-length") {
			continue
		}
		fields = append(fields, wire.Field{Name: name, Value: strings.TrimSpace(value)})
	}
	return fields
}

// streams is a connection of HTTP/2.
type streams struct {
	conn    net.Conn
	framer  *http2.Framer
	block   bytes.Buffer
	encoder *hpack.Encoder
	next    uint32
}

func (a *asker) openStreams() *streams {
	conn, err := tls.Dial("tcp", a.address, &tls.Config{InsecureSkipVerify: true, ServerName: "s0.test", NextProtos: []string{"h2"}})
	if err != nil {
		a.t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(time.Minute)) // a connection that is open has one
	s := &streams{conn: conn, framer: http2.NewFramer(conn, bufio.NewReader(conn)), next: 1}
	s.encoder = hpack.NewEncoder(&s.block)
	s.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	_, _ = io.WriteString(conn, http2.ClientPreface) // what fails here shows when reading
	_ = s.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 30})
	_ = s.framer.WriteWindowUpdate(0, 1<<30)
	return s
}

// askStream asks over HTTP/2. A connection that was used before may end at any time.
func (a *asker) askStream(fields wire.Header, body string) {
	used := a.streams != nil
	if fields.Has(":protocol") {
		body = ""
	}
	got, err := a.tryStream(fields, body)
	if err != nil && used {
		a.close()
		got, err = a.tryStream(fields, body)
	}
	text := fmt.Sprintf("%q\n", fields)
	if err != nil {
		a.t.Fatalf("no answer to %s%v", text, err)
	}
	a.hold(got, explain.Request{Method: fields.Get(":method"), Protocol: "h2", Fields: fields}, text)
}

func (a *asker) tryStream(fields wire.Header, body string) (*http.Response, error) {
	if a.streams == nil {
		a.streams = a.openStreams()
	}
	s := a.streams
	id := s.next
	s.next += 2
	s.block.Reset()
	for _, f := range fields {
		_ = s.encoder.WriteField(hpack.HeaderField{Name: f.Name, Value: f.Value}) // a bytes.Buffer takes everything
	}
	open := fields.Get(":protocol") == "websocket"
	err := s.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: s.block.Bytes(), EndHeaders: true, EndStream: body == "" && !open})
	if err == nil && body != "" {
		err = s.framer.WriteData(id, true, []byte(body))
	}
	got := &http.Response{Header: http.Header{}}
	for err == nil {
		var frame http2.Frame
		if frame, err = s.framer.ReadFrame(); err != nil {
			break
		}
		switch f := frame.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				err = s.framer.WriteSettingsAck()
			}
		case *http2.GoAwayFrame:
			a.streams = nil // no other request is sent on it
		case *http2.RSTStreamFrame:
			if f.StreamID == id && got.StatusCode == 0 {
				err = fmt.Errorf("reset: %v", f.ErrCode)
			}
		case *http2.MetaHeadersFrame:
			if f.StreamID == id {
				got.StatusCode, _ = strconv.Atoi(f.PseudoValue("status"))
				for _, field := range f.RegularFields() {
					got.Header.Add(field.Name, field.Value)
				}
			}
		}
		if frame.Header().StreamID == id && ended(frame) {
			if open {
				_ = s.framer.WriteRSTStream(id, http2.ErrCodeCancel) // it waits for no more
			}
			return got, nil
		}
	}
	return nil, err
}

func ended(frame http2.Frame) bool {
	switch f := frame.(type) {
	case *http2.MetaHeadersFrame:
		return f.StreamEnded()
	case *http2.DataFrame:
		return f.StreamEnded()
	case *http2.RSTStreamFrame:
		return true
	}
	return false
}
