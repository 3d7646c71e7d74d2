package h2

import (
	"strings"

	"golang.org/x/net/http2/hpack"

	"edgegen/internal/dataplane/wire"
)

const (
	slots = 256 // of the encoder's index; a power of two
	// maxIndexed is how long a value may be that is put into the table.
	maxIndexed = 512
	staticSize = 61 // entries of the static table (RFC 7541 appendix A)
	entrySize  = 32 // what an entry counts beside its text
)

// encoder writes header blocks (RFC 7541). A field is put into the dynamic
// table when it is written for the second time: what is different in each
// answer, such as an Age or a tag, does not push out what is the same in all.
type encoder struct {
	entries []wire.Field // the dynamic table, oldest first, from oldest on
	oldest  uint64       // number of the oldest entry; numbers only grow
	size    int
	max     int
	resized bool // the client has to be told max, after lowest
	lowest  int  // that max has been since it was told

	index [slots]uint64 // by hash: 1 + the number of an entry
	seen  [slots]uint32 // by hash: the field that was written last
}

func (e *encoder) init() { e.max = defaultTableSize }

// resize takes the client's limit for the table.
func (e *encoder) resize(limit uint32) {
	if !e.resized {
		e.resized, e.lowest = true, e.max
	}
	e.max = int(min(limit, defaultTableSize))
	e.lowest = min(e.lowest, e.max)
	e.evict(0)
}

// evict makes room for n bytes.
func (e *encoder) evict(n int) {
	dropped := 0
	for e.size+n > e.max && dropped < len(e.entries) {
		f := &e.entries[dropped]
		e.size -= len(f.Name) + len(f.Value) + entrySize
		*f = wire.Field{}
		dropped++
	}
	e.oldest += uint64(dropped)
	e.entries = e.entries[dropped:]
}

// begin must be called before the first field of a block.
func (e *encoder) begin(b []byte) []byte {
	if e.resized {
		e.resized = false
		if e.lowest < e.max {
			b = appendInteger(b, 0x20, 5, uint64(e.lowest))
		}
		b = appendInteger(b, 0x20, 5, uint64(e.max))
	}
	return b
}

// status appends :status.
func (e *encoder) status(b []byte, status int) []byte {
	for i, known := range [...]int{200, 204, 206, 304, 400, 404, 500} { // entries 8 to 14 of the static table
		if status == known {
			return append(b, 0x80|byte(8+i))
		}
	}
	text := [3]byte{byte('0' + status/100), byte('0' + status/10%10), byte('0' + status%10)}
	return append(append(b, 0x08, 3), text[:]...) // :status, not indexed
}

// field appends one field, whatever the case of its name.
func (e *encoder) field(b []byte, name, value string) []byte {
	hash := hashField(name, value)
	slot := hash % slots
	if n := e.index[slot]; n > e.oldest && n <= e.oldest+uint64(len(e.entries)) {
		if f := &e.entries[n-1-e.oldest]; f.Value == value && wire.EqualFold(f.Name, name) {
			return appendInteger(b, 0x80, 7, staticSize+e.oldest+uint64(len(e.entries))-(n-1))
		}
	}
	name = strings.ToLower(name)
	secret := name == "set-cookie"
	if hash = hashText(hash, value); e.seen[slot] != hash || secret || len(value) > maxIndexed || len(name)+len(value)+entrySize > e.max {
		e.seen[slot] = hash
		pattern := byte(0)
		if secret {
			pattern = 0x10 // never to be indexed, by nobody
		}
		return appendLiteral(b, pattern, 4, name, value)
	}
	b = appendLiteral(b, 0x40, 6, name, value)
	e.insert(slot, strings.Clone(name), strings.Clone(value))
	return b
}

func (e *encoder) insert(slot uint32, name, value string) {
	n := len(name) + len(value) + entrySize
	e.evict(n)
	e.entries = append(e.entries, wire.Field{Name: name, Value: value})
	e.size += n
	e.index[slot] = e.oldest + uint64(len(e.entries))
}

// appendLiteral appends a field as text. Its name is an index into the static
// table where it is there.
func appendLiteral(b []byte, pattern byte, bits uint, name, value string) []byte {
	if i := staticName(name); i > 0 {
		b = appendInteger(b, pattern, bits, i)
	} else {
		b = appendText(append(b, pattern), name)
	}
	return appendText(b, value)
}

func appendText(b []byte, s string) []byte {
	if n := hpack.HuffmanEncodeLength(s); n < uint64(len(s)) {
		return hpack.AppendHuffmanString(appendInteger(b, 0x80, 7, n), s)
	}
	return append(appendInteger(b, 0, 7, uint64(len(s))), s...)
}

// appendInteger appends n with a prefix of some bits (RFC 7541 5.1).
func appendInteger(b []byte, pattern byte, bits uint, n uint64) []byte {
	full := uint64(1)<<bits - 1
	if n < full {
		return append(b, pattern|byte(n))
	}
	b = append(b, pattern|byte(full))
	for n -= full; n >= 0x80; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(b, byte(n))
}

// hashField tells fields apart well enough for a table of what is frequent. It
// looks at the ends of both texts, and takes no notice of case in the name.
func hashField(name, value string) uint32 {
	h := uint32(2166136261)
	mix := func(c byte) { h = (h ^ uint32(c)) * 16777619 }
	mix(byte(len(name)))
	mix(byte(len(value)))
	for i := 0; i < len(name) && i < 4; i++ {
		mix(name[i] | 0x20)
		mix(name[len(name)-1-i] | 0x20)
	}
	for i := 0; i < len(value) && i < 6; i++ {
		mix(value[i])
		mix(value[len(value)-1-i])
	}
	return h ^ h>>15
}

// hashText goes on with a hash over a whole text.
func hashText(h uint32, text string) uint32 {
	for i := 0; i < len(text); i++ {
		h = (h ^ uint32(text[i])) * 16777619
	}
	return h
}

// staticName is the index of a lower-case name in the static table, 0 where
// it is not there.
func staticName(name string) uint64 {
	switch name {
	case "accept-ranges":
		return 18
	case "access-control-allow-origin":
		return 20
	case "age":
		return 21
	case "allow":
		return 22
	case "cache-control":
		return 24
	case "content-disposition":
		return 25
	case "content-encoding":
		return 26
	case "content-language":
		return 27
	case "content-length":
		return 28
	case "content-location":
		return 29
	case "content-range":
		return 30
	case "content-type":
		return 31
	case "date":
		return 33
	case "etag":
		return 34
	case "expires":
		return 36
	case "last-modified":
		return 44
	case "link":
		return 45
	case "location":
		return 46
	case "refresh":
		return 51
	case "retry-after":
		return 53
	case "server":
		return 54
	case "set-cookie":
		return 55
	case "strict-transport-security":
		return 56
	case "vary":
		return 59
	case "www-authenticate":
		return 61
	}
	return 0
}
