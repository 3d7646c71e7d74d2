package vsm

import (
	"bytes"
	"encoding/binary"
	"strconv"
)

// Tag is what a record tells. Those that nobody here asks for are Other.
type Tag uint8

// The tags, by varnishd's names for them.
const (
	Other Tag = iota
	Begin
	End
	BackendOpen
	Debug
	FetchError
	PipeAcct
	ReqAcct
	ReqMethod
	ReqProtocol
	ReqStart
	ReqURL
	RespStatus
	Timestamp
	VCLLog
	VCLReturn
)

// layout is a way in which varnishd writes its log. The segment's head has the marker
// of it.
type layout struct {
	marker   string
	overhead int // words of a record that come before its text
	tags     [256]Tag
}

// layouts are those that are known. Between them the numbers of transactions grew to 64
// bits, and two tags went.
func layouts() []layout {
	six := [256]Tag{1: Debug, 6: BackendOpen, 14: FetchError, 15: ReqMethod, 16: ReqURL, 17: ReqProtocol, 26: RespStatus, 62: VCLReturn, 63: ReqStart,
		72: VCLLog, 76: Begin, 77: End, 80: Timestamp, 81: ReqAcct, 82: PipeAcct}
	seven := [256]Tag{1: Debug, 6: BackendOpen, 12: FetchError, 13: ReqMethod, 14: ReqURL, 15: ReqProtocol, 24: RespStatus, 60: VCLReturn, 61: ReqStart,
		70: VCLLog, 74: Begin, 75: End, 78: Timestamp, 79: ReqAcct, 80: PipeAcct}
	return []layout{
		{"VSLHEAD1", 2, six},   // up to 7.2
		{"VSLHEAD2", 3, seven}, // from 7.3
	}
}

const (
	segments = 8 // the log is divided in so many; a segment's number modulo this is its place

	// What stands where the next record is to be.
	endMarker  = 254<<24 | 0x454545
	wrapMarker = 254<<24 | 0x575757 // which is at the log's beginning

	batch = 255 // the tag of a record that holds records
)

// Where things are in the segment's head, in which C puts a size_t at its own boundary.
const (
	size      = strconv.IntSize / 8
	atSegsize = 8
	atCurrent = atSegsize + size
	atOffsets = atSegsize + 2*size
	atLog     = atOffsets + segments*size
)

// words is how many of 32 bits hold so many bytes.
func words(bytes int) int { return (bytes + 3) / 4 }

// record is one in a copy of the log.
type record struct {
	tag  Tag
	id   uint64 // of its transaction
	text []byte // of one that is Other, nil
	size int    // with what comes before the text, and behind it
}

// measure reads which record a copy begins with, and its size; 0 where that is cut off.
func (l *layout) measure(raw []byte) (tag Tag, size int) {
	before := 4 * l.overhead
	if len(raw) < before {
		return 0, 0
	}
	head := binary.NativeEndian.Uint32(raw)
	size = before + 4*words(int(head&0xffff))
	if len(raw) < size {
		return 0, 0
	}
	return l.tags[head>>24], size
}

// first reads the record that a copy begins with; false where that is cut off.
func (l *layout) first(raw []byte) (r record, ok bool) {
	if r.tag, r.size = l.measure(raw); r.size == 0 {
		return r, false
	}
	r.id = l.number(raw)
	if r.tag == Other {
		return r, true
	}
	before := 4 * l.overhead
	r.text = trimmed(raw[before : before+int(binary.NativeEndian.Uint32(raw)&0xffff)])
	return r, true
}

// trimmed is a record's text without the zeroes at its end.
func trimmed(text []byte) []byte {
	n := len(text)
	for n > 0 && text[n-1] == 0 {
		n--
	}
	return text[:n]
}

// number is that of a record's transaction. The uppermost two bits say whose it is.
func (l *layout) number(raw []byte) uint64 {
	if l.overhead == 2 {
		return uint64(binary.NativeEndian.Uint32(raw[4:]) << 2 >> 2)
	}
	return (uint64(binary.NativeEndian.Uint32(raw[8:]))<<32 | uint64(binary.NativeEndian.Uint32(raw[4:]))) << 2 >> 2
}

// sizeOf is how many words a record takes whose first two are these, with the records in
// it where it is a batch.
func (l *layout) sizeOf(head, next uint32) int {
	if head>>24 == batch {
		return l.overhead + words(int(next))
	}
	return l.overhead + words(int(head&0xffff))
}

// describes reports whether a Begin is that of a request or of a pipe, and whose child
// it is.
func describes(begin []byte) (parent uint64, pipe, wanted bool) {
	kind, rest, _ := bytes.Cut(begin, []byte(" "))
	number, reason, _ := bytes.Cut(rest, []byte(" "))
	for _, digit := range number {
		parent = 10*parent + uint64(digit-'0')
	}
	pipe = string(kind) == "bereq" && string(reason) == "pipe"
	return parent, pipe, pipe || string(kind) == "req"
}
