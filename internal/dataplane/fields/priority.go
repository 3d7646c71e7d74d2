package fields

import (
	"strings"

	"edgegen/internal/dataplane/wire"
)

// Urgencies is how many there are, from 0, the most urgent one, on (RFC 9218, 4.1).
const Urgencies = 8

// Priority is what a client says about the order of answers (RFC 9218).
type Priority struct {
	Urgency     uint8
	Incremental bool
	// Told is whether the client has said anything about it.
	Told bool
}

// PriorityOf is what a request's header says; where that is nothing, Told is false.
func PriorityOf(h wire.Header) Priority {
	p := Priority{Urgency: usual}
	for i := range h {
		if h[i].Name == "priority" {
			p.parse(h[i].Value)
		}
	}
	return p
}

// PriorityUpdate is what a PRIORITY_UPDATE says (RFC 9218, 7).
func PriorityUpdate(value string) Priority {
	p := Priority{Urgency: usual, Told: true}
	p.parse(value)
	return p
}

// usual is the urgency of a request of which none is said (RFC 9218, 4.1).
const usual = 3

// parse reads a dictionary of structured fields (RFC 8941) of which only u and i are of
// interest. What cannot be read changes nothing.
func (p *Priority) parse(value string) {
	for member := range wire.List(value) {
		member, _, _ = strings.Cut(member, ";")
		key, val, given := strings.Cut(member, "=")
		switch {
		case key == "u" && len(val) == 1 && val[0] >= '0' && val[0] < '0'+Urgencies:
			p.Urgency, p.Told = val[0]-'0', true
		case key == "i" && (!given || val == "?1"):
			p.Incremental, p.Told = true, true
		case key == "i" && val == "?0":
			p.Incremental, p.Told = false, true
		}
	}
}
