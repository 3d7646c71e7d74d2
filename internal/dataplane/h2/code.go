package h2

import "fmt"

// Code is the reason for the end of a stream or connection (RFC 9113 7).
type Code uint32

// The codes that are used here.
const (
	NoError            Code = 0x0
	ProtocolError      Code = 0x1
	InternalError      Code = 0x2
	FlowControlError   Code = 0x3
	SettingsTimeout    Code = 0x4
	StreamClosed       Code = 0x5
	FrameSizeError     Code = 0x6
	RefusedStream      Code = 0x7
	Cancel             Code = 0x8
	CompressionError   Code = 0x9
	ConnectError       Code = 0xa
	EnhanceYourCalm    Code = 0xb
	InadequateSecurity Code = 0xc
)

// connError ends the connection, and tells the client why.
type connError struct {
	code Code
	why  string
}

func (e *connError) Error() string {
	return fmt.Sprintf("http/2: error %#x: %s", uint32(e.code), e.why)
}

func protocolError(why string) error { return &connError{ProtocolError, why} }
