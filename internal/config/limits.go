package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"edgegen/internal/site"
)

// limits decodes the limits block. Connections are what threads, workers and
// descriptors are sized by, so there are bounds that daemons can meet. Where
// connections alone are lowered, the WebSockets are too.
func (b *block) limits() site.Limits {
	l := site.Limits{Source: b.source()}
	l.Connections = b.count("connections", 10_000, 16, 1_000_000)
	l.WebSockets = b.count("websockets", int64(min(5000, l.Connections)), 1, 1_000_000)
	if l.WebSockets > l.Connections {
		expression, _ := b.argument("websockets")
		b.errorAt(expression.Range(), "raise connections, or lower websockets",
			"websockets = %d is more than connections = %d: each WebSocket is a connection", l.WebSockets, l.Connections)
	}
	l.HeaderSize = b.size("header_size", 16*kibibyte, kibibyte, mebibyte)
	l.BodySize = b.size("body_size", 100*mebibyte, 1, tebibyte)
	return l
}

// timeouts decodes the timeouts block: each from a millisecond to a year.
func (b *block) timeouts() site.Timeouts {
	read := func(name string, standard time.Duration) time.Duration {
		return b.duration(name, standard, time.Millisecond, year)
	}
	return site.Timeouts{
		Header:        read("header", 10*time.Second),
		Idle:          read("idle", 60*time.Second),
		Connect:       read("connect", 5*time.Second),
		FirstByte:     read("first_byte", 60*time.Second),
		BetweenBytes:  read("between_bytes", 60*time.Second),
		Body:          read("body", 30*time.Second),
		WebSocketIdle: read("websocket_idle", 24*time.Hour),
		Drain:         read("drain", 30*time.Second),
		Source:        b.source(),
	}
}

// log decodes the log block. A file's directory must exist; a word that looks
// like "stdout" or "off" misspelt is no file.
func (b *block) log() site.Log {
	l := site.Log{Access: "stdout", Source: b.source()}
	l.Format = b.choice("format", "json", "json", "combined")
	l.Level = b.choice("level", "info", "debug", "info", "warn", "error")
	access, ok := b.text("access")
	if !ok {
		return l
	}
	words := []string{"stdout", "off"}
	near, misspelt := nearest(access.text, words)
	switch {
	case slices.Contains(words, access.text):
		l.Access = access.text
	case !strings.ContainsAny(access.text, "/.") && (misspelt || access.text == "stderr"):
		b.errorAt(access.place, fmt.Sprintf("did you mean %q? a file of that name is %q", near, "./"+access.text), "access cannot be %q", access.text)
	default:
		l.Access = b.fileToWrite("access", access)
	}
	return l
}
