package h2

import "encoding/binary"

// kind is a frame's type (RFC 9113 6, RFC 9218 7.1).
type kind uint8

const (
	kindData           kind = 0x0
	kindHeaders        kind = 0x1
	kindPriority       kind = 0x2
	kindReset          kind = 0x3
	kindSettings       kind = 0x4
	kindPushPromise    kind = 0x5
	kindPing           kind = 0x6
	kindGoAway         kind = 0x7
	kindWindowUpdate   kind = 0x8
	kindContinuation   kind = 0x9
	kindPriorityUpdate kind = 0x10
)

const (
	flagAck        = 0x1 // SETTINGS, PING
	flagEndStream  = 0x1 // DATA, HEADERS
	flagEndHeaders = 0x4
	flagPadded     = 0x8
	flagPriority   = 0x20
)

const (
	frameHeader = 9
	maxID       = 1<<31 - 1
	maxWindow   = 1<<31 - 1
	// preface is what a client's connection begins with.
	preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
)

// frame is a frame's header.
type frame struct {
	length int
	kind   kind
	flags  uint8
	stream uint32
}

func (f frame) has(flag uint8) bool { return f.flags&flag != 0 }

// parseFrame reads a header of 9 bytes.
func parseFrame(b []byte) frame {
	return frame{length: int(b[0])<<16 | int(b[1])<<8 | int(b[2]), kind: kind(b[3]), flags: b[4],
		stream: binary.BigEndian.Uint32(b[5:9]) & maxID}
}

func appendFrame(b []byte, length int, k kind, flags uint8, stream uint32) []byte {
	return append(b, byte(length>>16), byte(length>>8), byte(length), byte(k), flags,
		byte(stream>>24), byte(stream>>16), byte(stream>>8), byte(stream))
}

func appendReset(b []byte, stream uint32, code Code) []byte {
	b = appendFrame(b, 4, kindReset, 0, stream)
	return binary.BigEndian.AppendUint32(b, uint32(code))
}

func appendWindowUpdate(b []byte, stream, more uint32) []byte {
	b = appendFrame(b, 4, kindWindowUpdate, 0, stream)
	return binary.BigEndian.AppendUint32(b, more)
}

func appendPing(b []byte, flags uint8, data []byte) []byte {
	return append(appendFrame(b, 8, kindPing, flags, 0), data...)
}

func appendGoAway(b []byte, last uint32, code Code) []byte {
	b = appendFrame(b, 8, kindGoAway, 0, 0)
	b = binary.BigEndian.AppendUint32(b, last)
	return binary.BigEndian.AppendUint32(b, uint32(code))
}

// setting is an identifier in SETTINGS (RFC 9113 6.5.2, RFC 8441 3, RFC 9218 2.1).
type setting uint16

const (
	settingTableSize    setting = 0x1
	settingPush         setting = 0x2
	settingStreams      setting = 0x3
	settingWindow       setting = 0x4
	settingFrameSize    setting = 0x5
	settingConnect      setting = 0x8
	settingNoPriorities setting = 0x9

	settingSize       = 6      // bytes of one setting
	maxPriorityUpdate = 4 + 64 // bytes of a PRIORITY_UPDATE that is looked at
	defaultTableSize  = 4096
	defaultWindow     = 65535
	largestFrame      = 1<<24 - 1
)

func appendSetting(b []byte, id setting, value uint32) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(id))
	return binary.BigEndian.AppendUint32(b, value)
}
