package certificate

import "fmt"

// Kind says what is wrong with a certificate or key file.
type Kind string

// The kinds of Error.
const (
	Missing    Kind = "missing"    // there is no such file
	Unreadable Kind = "unreadable" // it cannot be read, or is not a plain file of sane size
	NoPEM      Kind = "no PEM"     // it holds no PEM block of the kind asked for
	Malformed  Kind = "malformed"  // the PEM block cannot be decoded
	Encrypted  Kind = "encrypted"  // the key needs a passphrase
	Incomplete Kind = "incomplete" // who signed it is missing, and no client can know it
	Mismatch   Kind = "mismatch"   // the key belongs to another certificate
	Weak       Kind = "weak"       // the key is too short for today's TLS libraries
)

// Error is a certificate or key file that cannot be used. Its text never
// holds anything of the file's content.
type Error struct {
	Kind   Kind
	File   string // the path as it was given
	InKey  bool   // the fault lies in the key file, not in the certificate file
	Detail string // one clause that names the fault
	Remedy string // what to do about it; may be ""
	Err    error  // the cause; may be nil
}

// Error returns the file and the fault.
func (e *Error) Error() string { return fmt.Sprintf("%s %s", e.File, e.Detail) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
