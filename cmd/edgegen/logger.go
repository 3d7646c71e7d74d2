package main

import (
	"context"
	"edgegen/internal/tones"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// logger writes for a person: the time of day, the level where it is not info,
// who speaks, the message, and what belongs to it.
type logger struct {
	*slog.Logger
	level *slog.LevelVar
}

func newLogger(w io.Writer, color bool) logger {
	level := new(slog.LevelVar)
	return logger{slog.New(&personHandler{out: &lockedWriter{w: w}, color: color, level: level}), level}
}

// setLevel takes the site's log.level.
func (l logger) setLevel(level string) {
	l.level.Set(map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	}[level])
}

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

// Write writes as a whole: nobody else does meanwhile.
func (l *lockedWriter) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(text)
}

// personHandler is a slog.Handler. The attribute "from" names who speaks.
type personHandler struct {
	out   *lockedWriter
	color bool
	level slog.Leveler
	attrs []slog.Attr
}

func (h *personHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.level.Level()
}

func (h *personHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	clone := *h
	clone.attrs = append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)
	return &clone
}

// WithGroup leaves the attributes flat: nothing here is read by a program.
func (h *personHandler) WithGroup(string) slog.Handler { return h }

// edgegenItself is the name under which a message is logged that names no speaker.
const edgegenItself = "edgegen"

func (h *personHandler) Handle(_ context.Context, r slog.Record) error {
	from, rest := h.words(r)
	line := fmt.Sprintf("%s %s %s%s%s\n", tones.Paint(h.color, tones.Dim, r.Time.Format(time.TimeOnly)),
		tones.Paint(h.color, tones.Bold, fmt.Sprintf("%-8s", escaped(from))), h.mark(r.Level), escaped(r.Message), rest)
	h.out.mu.Lock()
	defer h.out.mu.Unlock()
	_, err := io.WriteString(h.out.w, line)
	return err
}

// words are who speaks, and the attributes as they stand behind the message.
func (h *personHandler) words(r slog.Record) (from, attributes string) {
	from = edgegenItself
	var rest strings.Builder
	add := func(a slog.Attr) bool {
		if a.Key == "from" {
			from = a.Value.String()
		} else {
			fmt.Fprintf(&rest, " %s=%s", a.Key, escaped(a.Value.String()))
		}
		return true
	}
	for _, a := range h.attrs {
		add(a)
	}
	r.Attrs(add)
	return from, rest.String()
}

func (h *personHandler) mark(level slog.Level) string {
	switch {
	case level >= slog.LevelError:
		return tones.Paint(h.color, tones.Red, "error: ")
	case level >= slog.LevelWarn:
		return tones.Paint(h.color, tones.Yellow, "warning: ")
	}
	return ""
}

// escaped keeps what a process printed from steering the terminal: control
// characters are written as \xNN, a newline as a space.
func escaped(s string) string {
	var out strings.Builder
	for _, r := range s {
		switch {
		case r == '\n' || r == '\t':
			out.WriteByte(' ')
		case r < 0x20 || r >= 0x7f && r < 0xa0:
			fmt.Fprintf(&out, `\x%02x`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
