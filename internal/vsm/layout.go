package vsm

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"
)

// Tag is what a record tells. Those that nobody here asks for are Other.
type Tag uint8

// The tags, by varnishd's names for them.
const (
	Other Tag = iota
	Begin
	End
	BackendOpen
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
	six := [256]Tag{6: BackendOpen, 14: FetchError, 15: ReqMethod, 16: ReqURL, 17: ReqProtocol, 26: RespStatus, 62: VCLReturn, 63: ReqStart,
		72: VCLLog, 76: Begin, 77: End, 80: Timestamp, 81: ReqAcct, 82: PipeAcct}
	seven := [256]Tag{6: BackendOpen, 12: FetchError, 13: ReqMethod, 14: ReqURL, 15: ReqProtocol, 24: RespStatus, 60: VCLReturn, 61: ReqStart,
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
	text []byte
	size int // with what comes before the text, and behind it
}

// first reads the record that a copy begins with; false where that is cut off.
func (l *layout) first(raw []byte) (r record, ok bool) {
	before := 4 * l.overhead
	if len(raw) < before {
		return r, false
	}
	head := binary.NativeEndian.Uint32(raw)
	length := int(head & 0xffff)
	r.size = before + 4*words(length)
	if len(raw) < r.size {
		return r, false
	}
	r.tag, r.id = l.tags[head>>24], l.number(raw)
	r.text = bytes.TrimRight(raw[before:before+length], "\x00")
	return r, true
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
func describes(begin string) (parent uint64, pipe, wanted bool) {
	kind, rest, _ := strings.Cut(begin, " ")
	number, reason, _ := strings.Cut(rest, " ")
	parent, _ = strconv.ParseUint(number, 10, 64)
	pipe = kind == "bereq" && reason == "pipe"
	return parent, pipe, pipe || kind == "req"
}
