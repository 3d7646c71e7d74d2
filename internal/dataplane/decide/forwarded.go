package decide

import (
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"strings"

	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// Receive judges a request by what it says of itself, and makes its header say who is
// asking: nothing that belongs to one connection, and nothing of who the client is but
// what the edge, or a proxy that is trusted, knows. The way goes on for most.
func (m *Model) Receive(q *Question) Way {
	named := nominated(q.Header)
	turn := q.improper(named)
	m.forward(q, named)
	return Way{Turn: turn, Route: -1}
}

// ReceiveRelayed is Receive for a web tier that a native cache tier asks. The cache tier
// says who is asking, and is believed.
func (q *Question) ReceiveRelayed() {
	q.Client, _ = ParseAddress(q.Header.Get("X-Real-IP"))
	q.ID = q.Header.Get("X-Request-Id")
	q.Told, q.Leads, q.redirects = q.Header.Get(site.NoteRoute), q.Header.Get(site.NoteTarget), q.Header.Get(site.NoteLeads)
	cleanRequest(&q.Request, nominated(q.Header), true)
}

// ExpectsOther reports a request that expects what nobody does (RFC 9110, 10.1.1).
func (q *Question) ExpectsOther() bool {
	for value := range q.Header.Values("Expect") {
		if !wire.EqualFold(value, "100-continue") {
			return true
		}
	}
	return false
}

// improper finds what a request must not say of itself; GoesOn if there is nothing.
func (q *Question) improper(named []string) Turn {
	if q.ExpectsOther() {
		return Expects
	}
	for _, name := range named {
		if edgeName(name) || site.IsEndToEndName(name) {
			return NamesForApp
		}
	}
	if q.Method == http.MethodHead && q.Body != nil {
		return HeadHasBody
	}
	return GoesOn
}

// forward cleans the request's header and makes it say who the client is.
func (m *Model) forward(q *Question, named []string) {
	q.Trusted = m.Trusts(q.Peer)
	cleanRequest(&q.Request, named, q.Trusted)
	q.Client = q.Peer
	proto, hostname := "http", q.Host
	if q.HTTPS {
		proto = "https"
	}
	if q.Trusted {
		q.Client = m.walk(q)
		if p := q.Header.Get("X-Forwarded-Proto"); p == "http" || p == "https" {
			proto, q.HTTPS, q.ToldHTTP = p, p == "https", p == "http"
		}
		if h := q.Header.Get("X-Forwarded-Host"); h != "" {
			hostname = h
		}
		q.ID = q.Header.Get("X-Request-Id")
		q.Header.Filter(func(f wire.Field) bool {
			switch strings.ToLower(f.Name) {
			case "x-forwarded-for", "x-real-ip", "x-forwarded-proto", "x-forwarded-host", "x-request-id":
				return false
			}
			return true
		})
	}
	if !validID(q.ID) {
		q.ID = NewID()
	}
	address := q.Client.String()
	q.Header = append(q.Header,
		wire.Field{Name: "X-Forwarded-For", Value: address},
		wire.Field{Name: "X-Real-IP", Value: address},
		wire.Field{Name: "X-Forwarded-Proto", Value: proto},
		wire.Field{Name: "X-Forwarded-Host", Value: hostname},
		wire.Field{Name: "X-Request-Id", Value: q.ID})
	m.trace(q)
}

// walk goes through X-Forwarded-For, or else Forwarded, from the right: over
// trusted proxies to the first address that is none.
func (m *Model) walk(q *Question) netip.Addr {
	var chain []string
	for member := range q.Header.Members("X-Forwarded-For") {
		chain = append(chain, member)
	}
	if len(chain) == 0 {
		for member := range q.Header.Members("Forwarded") {
			chain = append(chain, forwardedFor(member))
		}
	}
	client := q.Peer
	for i := len(chain) - 1; i >= 0 && m.Trusts(client); i-- {
		address, ok := ParseAddress(chain[i])
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

// ParseAddress reads an address with or without a port and brackets. The zero
// address is none.
func ParseAddress(s string) (netip.Addr, bool) {
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

// NewID makes an X-Request-Id.
func NewID() string {
	var raw [16]byte
	a, b := rand.Uint64(), rand.Uint64()
	for i := range 8 {
		raw[i], raw[8+i] = byte(a>>(8*i)), byte(b>>(8*i))
	}
	return hex.EncodeToString(raw[:])
}
