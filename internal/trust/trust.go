package trust

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Machine is where the stores are.
type Machine struct {
	// Anchors is the directory of the certificates that the system is to believe, and
	// Update the command that has it read them.
	Anchors string
	Update  []string
	// Home is that of the person whose browsers are meant, and As who that is, where
	// it is not the caller.
	Home string
	As   *Person
}

// Person is a user of the machine.
type Person struct{ UID, GID uint32 }

// State is what has become of a store.
type State string

// The states.
const (
	Added   State = "added"
	Already State = "already there"
	Removed State = "removed"
	Absent  State = "not there"
	Left    State = "left alone" // nothing was to be done, or nothing could be
	Failed  State = "failed"
)

// Step is about one store.
type Step struct {
	Store  string `json:"store"` // its name for people
	State  State  `json:"state"`
	Detail string `json:"detail,omitempty"` // where, or why not
	Remedy string `json:"remedy,omitempty"` // what to do about it
}

// Root is the certificate of a local authority.
type Root struct {
	File string
	Name string // in stores: no other authority has it
	Sum  string // SHA-256, in hexadecimal digits
	text []byte
}

// ErrNoRoot is about a state directory whose authority has not been made.
var ErrNoRoot = errors.New("there is no local authority yet")

// Open reads the certificate of the authority in a file.
func Open(file string) (Root, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return Root{}, ErrNoRoot
	}
	if err != nil {
		return Root{}, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return Root{}, fmt.Errorf("%s holds no certificate", file)
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil || !parsed.IsCA {
		return Root{}, errors.Join(fmt.Errorf("%s is no certificate of an authority", file), err)
	}
	sum := sha256.Sum256(parsed.Raw)
	digits := hex.EncodeToString(sum[:])
	return Root{File: file, Name: "edgegen-" + digits[:12], Sum: digits, text: pem.EncodeToMemory(block)}, nil
}

// Add has all stores of the machine believe the root. A step that failed is told, and
// keeps no other from being taken.
func (m Machine) Add(ctx context.Context, root Root) []Step {
	return append([]Step{m.addToSystem(ctx, root)}, m.browsers(ctx, root, addToBrowser)...)
}

// Remove takes the root out of all of them.
func (m Machine) Remove(ctx context.Context, root Root) []Step {
	return append([]Step{m.removeFromSystem(ctx, root)}, m.browsers(ctx, root, removeFromBrowser)...)
}
