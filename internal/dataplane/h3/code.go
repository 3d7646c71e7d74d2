package h3

import "github.com/quic-go/quic-go"

// The codes of RFC 9114, 8.1, and RFC 9204, 6, that are sent.
const (
	noError              = 0x100
	internalError        = 0x102
	streamCreationError  = 0x103
	closedCriticalStream = 0x104
	frameUnexpected      = 0x105
	frameError           = 0x106
	excessiveLoad        = 0x107
	idError              = 0x108
	settingsError        = 0x109
	missingSettings      = 0x10a
	requestRejected      = 0x10b
	requestCancelled     = 0x10c
	requestIncomplete    = 0x10d
	messageError         = 0x10e
	decompressionFailed  = 0x200
	encoderStreamError   = 0x201
)

// The kinds of frames (RFC 9114, 7.2, and RFC 9218, 7.2).
const (
	kindData           = 0x0
	kindHeaders        = 0x1
	kindCancelPush     = 0x3
	kindSettings       = 0x4
	kindPushPromise    = 0x5
	kindGoAway         = 0x7
	kindMaxPushID      = 0xd
	kindPriority       = 0xf0700
	kindPriorityOfPush = 0xf0701
)

// onlyHTTP2 reports the kinds of frames that HTTP/2 has and HTTP/3 does not (RFC 9114, 7.2.8).
func onlyHTTP2(kind uint64) bool { return kind == 0x2 || kind == 0x6 || kind == 0x8 || kind == 0x9 }

// The kinds of streams of one direction (RFC 9114, 6.2, and RFC 9204, 4.2).
const (
	streamControl = 0x0
	streamPush    = 0x1
	streamEncoder = 0x2
	streamDecoder = 0x3
)

// The settings that are sent (RFC 9114, 7.2.4.1, RFC 9204, 5, and RFC 9220, 3).
const (
	settingMaxFieldSection = 0x6
	settingConnectProtocol = 0x8
)

// connError is what ends a connection.
type connError struct {
	code quic.ApplicationErrorCode
	why  string
}

func (e *connError) Error() string { return "http/3: " + e.why }

func fault(code quic.ApplicationErrorCode, why string) error { return &connError{code, why} }
