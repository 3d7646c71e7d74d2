package dataplane

import (
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"net/netip"
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
	case 7:
		return wire.EqualFold(name, "Upgrade") || wire.EqualFold(name, "Trailer")
	case 10:
		return wire.EqualFold(name, "Connection") || wire.EqualFold(name, "Keep-Alive")
	case 16:
		return wire.EqualFold(name, "Proxy-Connection")
	case 17:
		return wire.EqualFold(name, "Transfer-Encoding")
	case 18:
		return wire.EqualFold(name, "Proxy-Authenticate")
	case 19:
		return wire.EqualFold(name, "Proxy-Authorization")
	}
	return false
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
		if c := f.Name[0] | 0x20; !underscore && c != 'x' && c != 'f' {
			return true
		}
		name := strings.ToLower(f.Name)
		if underscore {
			name = strings.ReplaceAll(name, "_", "-")
			return !edgeName(name) && !site.IsMethodName(name) && !site.IsHyphenatedName(name)
		}
		return !(edgeName(name) && (!trusted || isNote(name))) && !(shared && site.IsMethodName(name))
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

// edgeName reports the fields, in lower case and with "-", that say who a client
// is or what it asked for.
func edgeName(name string) bool {
	switch name {
	case "x-real-ip", "x-request-id", "forwarded":
		return true
	}
	return strings.HasPrefix(name, "x-forwarded-") || isNote(name) || site.IsTargetName(name)
}

// isNote reports whether a name in lower case is one of the tiers' to each other.
func isNote(name string) bool { return strings.HasPrefix(name, "x-edge-") }

// improper is the status for a request that says of itself what it must not; 0
// for most.
func (x *exchange) improper(named []string) int {
	for value := range x.Header.Values("Expect") {
		if !wire.EqualFold(value, "100-continue") { // RFC 9110, 10.1.1
			return http.StatusExpectationFailed
		}
	}
	for _, name := range named {
		if edgeName(name) || site.IsEndToEndName(name) {
			return http.StatusBadRequest
		}
	}
	if x.Method == http.MethodHead && x.Body != nil {
		return http.StatusBadRequest
	}
	return 0
}

func contains(lower []string, name string) bool {
	for _, n := range lower {
		if wire.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// cleanResponse removes hop-by-hop fields, what names a product, what is for a
// server to do in the app's place, an X-Cache that is not ours, and the edge's own
// notes, whoever wrote them.
func cleanResponse(h *wire.Header) {
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
		if len(f.Name) >= len(site.NotePrefix) && wire.EqualFold(f.Name[:len(site.NotePrefix)], site.NotePrefix) {
			return false
		}
		return !hopByHop(f.Name) && (len(named) == 0 || !contains(named, f.Name))
	})
}

// forward cleans the request's header and makes it say who the client is.
func (x *exchange) forward(named []string) {
	x.trusted = x.model.isTrusted(x.peer)
	cleanRequest(&x.Request, named, x.trusted)
	x.client = x.peer
	proto, hostname := "http", x.Host
	if x.https {
		proto = "https"
	}
	if x.trusted {
		x.client = x.walk()
		if p := x.Header.Get("X-Forwarded-Proto"); p == "http" || p == "https" {
			proto, x.https, x.toldHTTP = p, p == "https", p == "http"
		}
		if h := x.Header.Get("X-Forwarded-Host"); h != "" {
			hostname = h
		}
		x.id = x.Header.Get("X-Request-Id")
		x.Header.Filter(func(f wire.Field) bool {
			switch strings.ToLower(f.Name) {
			case "x-forwarded-for", "x-real-ip", "x-forwarded-proto", "x-forwarded-host", "x-request-id":
				return false
			}
			return true
		})
	}
	if !validID(x.id) {
		x.id = newID()
	}
	address := x.client.String()
	x.Header = append(x.Header,
		wire.Field{Name: "X-Forwarded-For", Value: address},
		wire.Field{Name: "X-Real-IP", Value: address},
		wire.Field{Name: "X-Forwarded-Proto", Value: proto},
		wire.Field{Name: "X-Forwarded-Host", Value: hostname},
		wire.Field{Name: "X-Request-Id", Value: x.id})
}

// walk goes through X-Forwarded-For, or else Forwarded, from the right: over
// trusted proxies to the first address that is none.
func (x *exchange) walk() netip.Addr {
	var chain []string
	for member := range x.Header.Members("X-Forwarded-For") {
		chain = append(chain, member)
	}
	if len(chain) == 0 {
		for member := range x.Header.Members("Forwarded") {
			chain = append(chain, forwardedFor(member))
		}
	}
	client := x.peer
	for i := len(chain) - 1; i >= 0 && x.model.isTrusted(client); i-- {
		address, ok := parseAddress(chain[i])
		if !ok {
			break
		}
		client = address
	}
	return client
}

// forwardedFor is the for parameter of one element of Forwarded (RFC 7239).
func forwardedFor(element string) string {
	for pair := range strings.SplitSeq(element, ";") {
		name, value, _ := strings.Cut(wire.TrimSpace(pair), "=")
		if wire.EqualFold(name, "for") {
			return strings.Trim(value, `"`)
		}
	}
	return ""
}

// parseAddress reads an address with or without a port and brackets.
func parseAddress(s string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return a.Unmap().WithZone(""), true
	}
	if a, err := netip.ParseAddrPort(s); err == nil {
		return a.Addr().Unmap().WithZone(""), true
	}
	return netip.Addr{}, false
}

func validID(id string) bool {
	for i := 0; i < len(id); i++ {
		if c := id[i]; (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && strings.IndexByte("._:/+=@-", c) < 0 {
			return false
		}
	}
	return id != "" && len(id) <= 128
}

func newID() string {
	var raw [16]byte
	a, b := rand.Uint64(), rand.Uint64()
	for i := range 8 {
		raw[i], raw[8+i] = byte(a>>(8*i)), byte(b>>(8*i))
	}
	return hex.EncodeToString(raw[:])
}
