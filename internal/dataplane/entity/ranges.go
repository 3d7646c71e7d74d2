package entity

import (
	"crypto/rand"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"

	"edgegen/internal/dataplane/wire"
)

// span is a part of a representation.
type span struct{ offset, length int64 }

// maxRanges is how many parts one request may ask for; one that asks for more
// gets the whole.
const maxRanges = 32

// wanted returns the parts a request asks for, and whether they are to be
// looked at. No parts at all means that none can be satisfied.
func wanted(method string, request wire.Header, whole Whole) ([]span, bool) {
	if method != http.MethodGet || request.Count("Range") != 1 || whole.Size == 0 {
		return nil, false
	}
	if condition := request.Get("If-Range"); condition != "" {
		tag, modified := whole.Header.Get("ETag"), whole.Header.Get("Last-Modified")
		if strings.HasSuffix(condition, `"`) {
			if condition != tag || strings.HasPrefix(tag, "W/") {
				return nil, false
			}
		} else if modified == "" || condition != modified {
			return nil, false
		}
	}
	return Ranges(request.Get("Range"), whole.Size)
}

// Tidy drops from a request a Range that is to be ignored whatever the
// representation, and an If-Range without one.
func Tidy(request *wire.Header) {
	if request.Has("Range") {
		if _, ok := Ranges(request.Get("Range"), math.MaxInt64); ok && request.Count("Range") == 1 {
			return
		}
		request.Del("Range")
	}
	if request.Has("If-Range") {
		request.Del("If-Range")
	}
}

// Ranges reads a Range field for a representation of that size. It reports
// false where the field is to be ignored: another unit, a wrong syntax, too
// many parts, or more bytes asked for than there are.
func Ranges(value string, size int64) ([]span, bool) {
	unit, list, ok := strings.Cut(value, "=")
	if !ok || !wire.EqualFold(wire.TrimSpace(unit), "bytes") {
		return nil, false
	}
	var out []span
	count, total := 0, int64(0)
	for one := range wire.List(list) {
		if count++; count > maxRanges {
			return nil, false
		}
		r, satisfiable, ok := parseRange(one, size)
		if !ok {
			return nil, false
		}
		if satisfiable {
			out = append(out, r)
			total += r.length
		}
	}
	return out, count > 0 && (len(out) < 2 || total <= size)
}

func parseRange(s string, size int64) (r span, satisfiable, ok bool) {
	first, last, ok := strings.Cut(s, "-")
	if !ok {
		return r, false, false
	}
	first, last = wire.TrimSpace(first), wire.TrimSpace(last)
	if first == "" {
		n, ok := wire.Digits(last)
		n = min(n, size)
		return span{size - n, n}, n > 0, ok
	}
	from, ok := wire.Digits(first)
	if !ok {
		return r, false, false
	}
	to := size - 1
	if last != "" {
		n, ok := wire.Digits(last)
		if !ok || n < from {
			return r, false, false
		}
		to = min(n, to)
	}
	return span{from, to - from + 1}, from < size, true
}

// partial makes a 206, or a 416 where there is no part.
func partial(header wire.Header, whole Whole, parts []span) (*wire.Response, error) {
	switch len(parts) {
	case 0:
		h := wire.Header{{Name: "Content-Range", Value: "bytes */" + strconv.FormatInt(whole.Size, 10)}}
		return &wire.Response{Status: http.StatusRequestedRangeNotSatisfiable, Header: h}, nil
	case 1:
		header.Set("Content-Range", contentRange(parts[0], whole.Size))
		body, err := whole.Open(parts[0].offset, parts[0].length)
		return &wire.Response{Status: http.StatusPartialContent, Header: header, Length: parts[0].length, Body: body}, err
	}
	boundary := rand.Text()
	body := &multipart{whole: whole}
	kind := header.Get("Content-Type")
	length := int64(0)
	for i, part := range parts {
		head := "\r\n--" + boundary + "\r\n"
		if i == 0 {
			head = head[2:]
		}
		if kind != "" {
			head += "Content-Type: " + kind + "\r\n"
		}
		head += "Content-Range: " + contentRange(part, whole.Size) + "\r\n\r\n"
		body.queue = append(body.queue, piece{text: head}, piece{part: part})
		length += int64(len(head)) + part.length
	}
	end := "\r\n--" + boundary + "--\r\n"
	body.queue = append(body.queue, piece{text: end})
	header.Set("Content-Type", "multipart/byteranges; boundary="+boundary)
	return &wire.Response{Status: http.StatusPartialContent, Header: header, Length: length + int64(len(end)), Body: body}, nil
}

// piece is text, or a part of the representation where text is empty.
type piece struct {
	text string
	part span
}

// multipart reads its pieces one after the other.
type multipart struct {
	whole Whole
	queue []piece
	now   io.ReadCloser
}

func (m *multipart) Read(p []byte) (int, error) {
	for {
		if m.now != nil {
			n, err := m.now.Read(p)
			if err == io.EOF {
				m.now.Close()
				m.now, err = nil, nil
			}
			if n > 0 || err != nil {
				return n, err
			}
			continue
		}
		if len(m.queue) == 0 {
			return 0, io.EOF
		}
		next := m.queue[0]
		m.queue = m.queue[1:]
		if next.text != "" {
			m.now = wire.NewBytes([]byte(next.text))
			continue
		}
		body, err := m.whole.Open(next.part.offset, next.part.length)
		if err != nil {
			return 0, err
		}
		m.now = body
	}
}

func (m *multipart) Close() error {
	m.queue = nil
	if m.now == nil {
		return nil
	}
	return m.now.Close()
}
