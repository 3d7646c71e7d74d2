package decide

import (
	"net/http"
	"strings"

	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// hopByHop reports the fields that belong to one connection (RFC 9110 7.6.1)
// or that nobody should see beyond one.
func hopByHop(name string) bool {
	switch len(name) {
	case 2:
		return wire.EqualFold(name, "TE")
	case 5:
		return wire.EqualFold(name, "Proxy")
	case 18:
		return wire.EqualFold(name, "Proxy-Authenticate")
	case 19:
		return wire.EqualFold(name, "Proxy-Authorization")
	}
	return wire.EqualFold(name, "Trailer") || wire.OfConnection(name)
}

// nominated returns the fields that Connection names, lower case.
func nominated(h wire.Header) []string {
	var out []string
	for name := range h.Members("Connection") {
		switch name := strings.ToLower(name); name {
		case "close", "keep-alive", "upgrade":
		default:
			out = append(out, name)
		}
	}
	return out
}

// cleanRequest removes hop-by-hop fields and those that Connection names, the
// edge's own notes, what only a trusted peer may say, and what an app may take for
// another field than it is.
func cleanRequest(r *wire.Request, named []string, trusted bool) {
	shared := r.Method == http.MethodGet || r.Method == http.MethodHead
	r.Header.Filter(func(f wire.Field) bool {
		if hopByHop(f.Name) || wire.EqualFold(f.Name, "Expect") || len(named) > 0 && contains(named, f.Name) {
			return false
		}
		underscore, odd := spelling(f.Name)
		if odd {
			return false
		}
		if underscore {
			name := strings.ReplaceAll(f.Name, "_", "-")
			return !edgeName(name) && !site.IsMethodName(name) && !site.IsHyphenatedName(name)
		}
		if strings.IndexByte("xfct", f.Name[0]|0x20) < 0 { // how the names begin that are looked for
			return true
		}
		return !(edgeName(f.Name) && (!trusted || isNote(f.Name))) && !(shared && site.IsMethodName(f.Name))
	})
}

// spelling reports whether a name has "_", which many apps take for "-", and
// whether it has what is neither that nor a letter, a digit or "-": nginx drops
// such fields by default, and an app may take it for "-" as well.
func spelling(name string) (underscore, odd bool) {
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c|0x20 >= 'a' && c|0x20 <= 'z', c == '-', c >= '0' && c <= '9':
		case c == '_':
			underscore = true
		default:
			return underscore, true
		}
	}
	return underscore, false
}

// edgeName reports the fields, with "-", that only the edge or a trusted peer may say.
func edgeName(name string) bool { return isNote(name) || AboutClient(name) }

// AboutClient reports the fields, in any case and with "-", that say who a client is or
// what it asked for.
func AboutClient(name string) bool {
	return begins(name, "X-Forwarded-") || site.IsClientName(name)
}

// isNote reports whether a name is one of the tiers' to each other.
func isNote(name string) bool { return begins(name, site.NotePrefix) }

// begins compares without regard to case.
func begins(name, prefix string) bool {
	return len(name) >= len(prefix) && wire.EqualFold(name[:len(prefix)], prefix)
}

func contains(lower []string, name string) bool {
	for _, n := range lower {
		if wire.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// CleanResponse removes hop-by-hop fields, what names a product, what is for a
// server to do in the app's place, an X-Cache that is not ours, and the edge's own
// notes, whoever wrote them.
func CleanResponse(h *wire.Header) {
	named := nominated(*h)
	h.Filter(func(f wire.Field) bool {
		switch len(f.Name) {
		case 3:
			if wire.EqualFold(f.Name, "Via") {
				return false
			}
		case 6:
			if wire.EqualFold(f.Name, "Server") {
				return false
			}
		case 7:
			if wire.EqualFold(f.Name, "X-Cache") {
				return false
			}
		case 9:
			if wire.EqualFold(f.Name, "X-Varnish") {
				return false
			}
		}
		if c := f.Name[0] | 0x20; c == 'x' && site.IsHandoverName(f.Name) {
			return false
		}
		return !isNote(f.Name) && !hopByHop(f.Name) && (len(named) == 0 || !contains(named, f.Name))
	})
}

// PassOn drops the fields that belong to one connection, and the edge's own notes, from
// what one tier sends another.
func PassOn(h *wire.Header) {
	named := nominated(*h)
	h.Filter(func(f wire.Field) bool {
		return !isNote(f.Name) && !hopByHop(f.Name) && !contains(named, f.Name)
	})
}
