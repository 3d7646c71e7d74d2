package dataplane

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"edgegen/internal/dataplane/answers"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// flushAt is how much is collected before it is written: one TLS record.
const flushAt = 16 << 10

// deliver sends an answer, and reports whether the connection may be used for
// another request.
func (c *http1) deliver(a answer, keep bool, t site.Timeouts) bool {
	x := &c.x
	answers.WithoutBody(x.Method, a.Response)
	unread := x.Body != nil && !c.body.finished.Load()
	if unread && (c.body.answer() || x.Length < 0 || x.Length > 64<<10) {
		keep = false
	}
	chunked := a.Body != nil && a.Length < 0 && x.Minor == 1
	if a.Body != nil && a.Length < 0 && x.Minor == 0 {
		keep = false
	}
	c.write.extend(c.SetWriteDeadline, time.Now(), t.Idle)
	c.collect()
	c.out = c.appendHead(c.out, a, keep, chunked)
	err := c.sendBody(a, chunked, t.Idle)
	if err == nil {
		err = c.flush()
	}
	c.release()
	a.Close() // nobody else reads from the connection after that
	c.body.left()
	watched := c.eye.shut()
	c.record(a.Status)
	switch {
	case err != nil:
		c.abort()
		return false
	case unread && keep:
		if keep = c.body.drain(); !keep {
			c.linger()
		}
	case unread || a.close || a.Status >= 400 && !keep:
		c.linger()
	}
	return keep && watched
}

// appendHead appends the head of a response.
func (c *http1) appendHead(b []byte, a answer, keep, chunked bool) []byte {
	b = append(b, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(a.Status), 10)
	b = append(b, ' ')
	b = append(b, answers.Reason(a.Status)...)
	b = append(b, "\r\n"...)
	b = wire.AppendFields(b, a.Header)
	if !a.Header.Has("Date") && a.Status >= 200 {
		b = append(b, "Date: "...)
		b = append(b, c.plane.date()...)
		b = append(b, "\r\n"...)
	}
	switch {
	case a.switched != nil:
		b = append(b, "Connection: Upgrade\r\nUpgrade: websocket\r\n"...)
	case chunked:
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	case a.Length >= 0 && a.Status >= 200 && a.Status != 204:
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, a.Length, 10)
		b = append(b, "\r\n"...)
	}
	switch {
	case a.Status == http.StatusUpgradeRequired && a.Header.Has("Upgrade"):
		b = append(b, "Connection: close, Upgrade\r\n"...)
	case !keep:
		b = append(b, "Connection: close\r\n"...)
	case c.x.Minor == 0:
		b = append(b, "Connection: keep-alive\r\n"...)
	}
	return append(b, "\r\n"...)
}

// sendBody sends the body behind the head that is in c.out. Its error means
// that the response is not whole.
func (c *http1) sendBody(a answer, chunked bool, pause time.Duration) error {
	if a.Body == nil {
		return nil
	}
	if m, ok := a.Body.(*wire.Bytes); ok && !chunked {
		return c.sendBytes(m.Rest(), pause)
	}
	if f, ok := a.Body.(section); ok {
		if done, err := c.sendFile(f, pause); done {
			return err
		}
	}
	buf := c.plane.copies.Get().(*[]byte)
	defer c.plane.copies.Put(buf)
	if wire.Waits(a.Body) {
		if err := c.flush(); err != nil {
			return err
		}
		c.write.extend(c.SetWriteDeadline, time.Now(), pause)
	}
	for {
		n, err := a.Body.Read(*buf)
		if n > 0 {
			if werr := c.sendPart((*buf)[:n], chunked); werr != nil {
				return werr
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if c.sent == a.Length {
			break
		}
		// What has come is sent on before waiting for more.
		if err := c.flush(); err != nil {
			return err
		}
		c.write.extend(c.SetWriteDeadline, time.Now(), pause)
	}
	if chunked {
		c.out = append(c.out, wire.LastChunk...)
	} else if a.Length >= 0 && c.sent != a.Length {
		return io.ErrUnexpectedEOF
	}
	return nil
}

func (c *http1) sendPart(p []byte, chunked bool) error {
	c.sent += int64(len(p))
	if chunked {
		c.out = wire.AppendChunk(c.out, p)
		return nil
	}
	if len(c.out) == 0 && len(p) >= flushAt {
		_, err := c.Write(p)
		return err
	}
	c.out = append(c.out, p...)
	return nil
}

// sendBytes sends a body that is in memory: with the head where both fit.
func (c *http1) sendBytes(p []byte, pause time.Duration) error {
	c.sent += int64(len(p))
	if len(c.out)+len(p) <= flushAt {
		c.out = append(c.out, p...)
		return nil
	}
	n := max(0, flushAt-len(c.out))
	c.out = append(c.out, p[:n]...)
	if err := c.flush(); err != nil {
		return err
	}
	for p = p[n:]; len(p) > 0; p = p[n:] {
		c.write.extend(c.SetWriteDeadline, time.Now(), pause)
		n = min(len(p), 256<<10)
		if _, err := c.Write(p[:n]); err != nil {
			return err
		}
	}
	return nil
}

// section is a body that the kernel can send from a file.
type section interface {
	Section() (file *os.File, offset, length int64, ok bool)
}

// sendFile lets the kernel copy from file to socket where there is no TLS in
// between.
func (c *http1) sendFile(from section, pause time.Duration) (bool, error) {
	file, offset, length, ok := from.Section()
	to, plain := c.Conn.(*net.TCPConn)
	if !ok || !plain {
		return false, nil
	}
	if _, err := file.Seek(offset, io.SeekStart); err != nil {
		return true, err
	}
	if err := c.flush(); err != nil {
		return true, err
	}
	for length > 0 {
		c.write.extend(c.SetWriteDeadline, time.Now(), pause)
		n, err := io.CopyN(to, file, min(length, 1<<20))
		c.sent += n
		if length -= n; err != nil {
			return true, err
		}
	}
	return true, nil
}

// collect takes a pooled buffer for what is to be written.
func (c *http1) collect() {
	c.pooled = c.plane.outputs.Get().(*[]byte)
	c.out = (*c.pooled)[:0]
}

// release gives it back, unless it has grown.
func (c *http1) release() {
	if cap(c.out) <= 4*flushAt {
		*c.pooled = c.out
	}
	c.plane.outputs.Put(c.pooled)
	c.pooled, c.out = nil, nil
}

func (c *http1) flush() error {
	if len(c.out) == 0 {
		return nil
	}
	_, err := c.Write(c.out)
	c.out = c.out[:0]
	return err
}
