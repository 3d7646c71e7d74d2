package fastcgi

import (
	"bytes"
	"strings"
)

const (
	maxLine  = 4 << 10 // of the app's log
	maxLines = 100     // of one request
)

// message parts what an app writes to its log into lines.
type message struct {
	log   func(line string)
	line  []byte
	lines int
}

func (m *message) add(part []byte) {
	for m.log != nil && len(part) > 0 {
		line, rest, ended := bytes.Cut(part, []byte("\n"))
		m.line = append(m.line, line[:min(len(line), maxLine-len(m.line))]...)
		if part = rest; ended {
			m.flush()
		}
	}
}

// flush tells the line that there is.
func (m *message) flush() {
	line := strings.TrimSpace(string(m.line))
	m.line = m.line[:0]
	if m.log == nil || line == "" || m.lines > maxLines {
		return
	}
	if m.lines++; m.lines > maxLines {
		line = "the rest of what the app has to say about this request is left out"
	}
	m.log(line)
}
