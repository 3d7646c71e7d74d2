package decide

import (
	"net/http"
	"slices"
	"strings"

	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// ApplyToRequest applies a route's rules to a request.
func ApplyToRequest(h *wire.Header, rules *site.HeaderRules) {
	for _, r := range rules.Remove {
		h.Del(r.Name)
	}
	for _, s := range rules.Set {
		h.Set(s.Name, s.Value)
	}
	for _, d := range rules.Default {
		if !h.Has(d.Name) {
			h.Set(d.Name, d.Value)
		}
	}
	add(h, rules.Add)
}

// add puts values behind those that are there, and makes one field of each.
func add(h *wire.Header, fields []site.Header) {
	for _, s := range fields {
		values := append(slices.Collect(h.Values(s.Name)), s.Value)
		h.Set(s.Name, strings.Join(values, site.AddedBehind))
	}
}

// ApplyToAnswer applies a route's rules to a response.
func ApplyToAnswer(h *wire.Header, status int, rules *site.HeaderRules) {
	for _, r := range rules.Remove {
		h.Del(r.Name)
	}
	for _, s := range rules.Set {
		if !s.ForSuccess() || site.Successful(status) {
			h.Set(s.Name, s.Value)
		}
	}
	for _, d := range rules.Default {
		if Lacks(status, d) && !h.Has(d.Name) {
			h.Set(d.Name, d.Value)
		}
	}
	add(h, rules.Add)
}

// Lacks reports whether an answer of a status gets a field of the rules' Default where it
// has none of that name. One of 304 leaves out what the client has already.
func Lacks(status int, d site.Header) bool {
	return status != http.StatusNotModified && (!d.ForSuccess() || site.Successful(status))
}

func matchesAny(name string, patterns []string) bool {
	for _, p := range patterns {
		if matches(name, p) {
			return true
		}
	}
	return false
}

// matches compares a name with a pattern in which "*" stands for any run of
// characters.
func matches(name, pattern string) bool {
	start, rest, star := strings.Cut(pattern, "*")
	if !star {
		return name == pattern
	}
	if !strings.HasPrefix(name, start) {
		return false
	}
	name = name[len(start):]
	for {
		part, next, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(name, rest)
		}
		i := strings.Index(name, part)
		if i < 0 {
			return false
		}
		name, rest = name[i+len(part):], next
	}
}

// normalizeCodings writes Accept-Encoding in one way for all clients that take the same
// codings, so that they share a stored variant. Varnish is given the same rule.
func normalizeCodings(h *wire.Header) {
	brotli, gzip := false, false
	for member := range h.Members("Accept-Encoding") {
		coding, parameter, _ := strings.Cut(member, ";")
		weight, ok := strings.CutPrefix(strings.ToLower(strings.ReplaceAll(parameter, " ", "")), "q=")
		if ok && strings.Trim(weight, "0.") == "" {
			continue
		}
		switch strings.ToLower(wire.TrimSpace(coding)) {
		case "br":
			brotli = true
		case "gzip":
			gzip = true
		}
	}
	switch {
	case brotli:
		h.Set("Accept-Encoding", "br, gzip")
	case gzip:
		h.Set("Accept-Encoding", "gzip")
	default:
		h.Del("Accept-Encoding")
	}
}
