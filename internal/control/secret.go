package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"

	"edgegen/internal/config"
	"edgegen/internal/site"
)

// secrets are the sensitive values of the sites that the edge has served, or
// was to serve. No log, status or plan shows them. The zero value knows none.
// It may be used by several goroutines.
type secrets struct{ known atomic.Pointer[[]string] }

// learn adds the secrets of a model.
func (s *secrets) learn(edge *site.Edge) {
	if edge == nil || len(edge.Secrets) == 0 {
		return
	}
	for {
		before := s.known.Load()
		all := slices.Clone(edge.Secrets)
		if before != nil {
			all = append(all, *before...)
		}
		slices.SortFunc(all, func(a, b string) int {
			if len(a) != len(b) {
				return len(b) - len(a)
			}
			return strings.Compare(a, b)
		})
		all = slices.Compact(all)
		if s.known.CompareAndSwap(before, &all) {
			return
		}
	}
}

// hide replaces what is secret in a text.
func (s *secrets) hide(text string) string {
	known := s.known.Load()
	if known == nil {
		return text
	}
	return site.Hide(text, *known)
}

// hideError is an error that says the same without what is secret.
func (s *secrets) hideError(err error) error {
	refused := (*config.Refused)(nil)
	if err == nil || errors.As(err, &refused) { // whose diagnostics hide it already
		return err
	}
	if shown := s.hide(err.Error()); shown != err.Error() {
		return errors.New(shown)
	}
	return err
}

// hideJSON hides in the strings of a JSON text, names aside.
func (s *secrets) hideJSON(text []byte) []byte {
	if s.known.Load() == nil {
		return text
	}
	var out []byte
	for len(text) > 0 {
		begin := bytes.IndexByte(text, '"')
		if begin < 0 {
			break
		}
		end := begin + 1
		for end < len(text) && text[end] != '"' {
			if text[end] == '\\' {
				end++
			}
			end++
		}
		end = min(end+1, len(text))
		written := text[begin:end]
		var plain string
		if isName := end < len(text) && text[end] == ':'; !isName && json.Unmarshal(written, &plain) == nil {
			if shown := s.hide(plain); shown != plain {
				written, _ = json.Marshal(shown) // a string is always written
			}
		}
		out = append(append(out, text[:begin]...), written...)
		text = text[end:]
	}
	return append(out, text...)
}

// hidingHandler is a log that shows no secret.
type hidingHandler struct {
	slog.Handler
	secrets *secrets
}

// Handle hides in the message and in every attribute.
func (h hidingHandler) Handle(ctx context.Context, r slog.Record) error {
	if h.secrets.known.Load() == nil {
		return h.Handler.Handle(ctx, r)
	}
	shown := slog.NewRecord(r.Time, r.Level, h.secrets.hide(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		shown.AddAttrs(h.hidden(a))
		return true
	})
	return h.Handler.Handle(ctx, shown)
}

func (h hidingHandler) hidden(a slog.Attr) slog.Attr {
	text := fmt.Sprint(a.Value.Resolve().Any())
	if shown := h.secrets.hide(text); shown != text {
		return slog.String(a.Key, shown)
	}
	return a
}

// WithAttrs hides in the attributes what is known by now.
func (h hidingHandler) WithAttrs(attributes []slog.Attr) slog.Handler {
	shown := make([]slog.Attr, len(attributes))
	for i, a := range attributes {
		shown[i] = h.hidden(a)
	}
	return hidingHandler{h.Handler.WithAttrs(shown), h.secrets}
}

// WithGroup returns a log whose attributes are within a group.
func (h hidingHandler) WithGroup(name string) slog.Handler {
	return hidingHandler{h.Handler.WithGroup(name), h.secrets}
}
