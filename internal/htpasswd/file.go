// Package htpasswd reads files of users and their hashed passwords, as Apache's
// htpasswd and "openssl passwd" write them, and compares a password with them.
package htpasswd

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"unicode"
)

// File is what a file says. It is immutable, and may be used from many goroutines.
type File struct {
	users map[string]hash
	all   []hash
	key   []byte // decides which hash the password of a user who is none is compared with
}

// Problem is what is wrong with a line.
type Problem struct {
	Line   int // from 1
	What   string
	Remedy string
	// Weak is a line that counts, but whose hash is too quick to try passwords against.
	Weak bool
}

func (p Problem) String() string { return fmt.Sprintf("line %d: %s", p.Line, p.What) }

// maxSize is how many bytes a file may have.
const maxSize = 1 << 20

// Errors of Read; others are those of the system.
var (
	ErrNotPlain = errors.New("is not a plain file")
	ErrTooLarge = errors.New("is larger than 1 MiB")
)

// Read reads the text of a file for Parse. It does not wait for what is no plain file.
func Read(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, ErrNotPlain
	case info.Size() > maxSize:
		return nil, ErrTooLarge
	}
	return os.ReadFile(path)
}

// Parse reads a file. The lines that are good count, also where others are not.
func Parse(data []byte) (*File, []Problem) {
	f := &File{users: make(map[string]hash), key: make([]byte, 32)}
	rand.Read(f.key) // never fails
	var problems []Problem
	as, number := forms(), 0
	for line := range bytes.Lines(data) {
		number++
		text := strings.TrimRight(string(line), "\r\n")
		if strings.TrimSpace(text) == "" || strings.HasPrefix(text, "#") {
			continue
		}
		if p := f.add(text, as); p.What != "" {
			p.Line = number
			problems = append(problems, p)
		}
	}
	return f, problems
}

func (f *File) add(line string, as []form) Problem {
	name, rest, found := strings.Cut(line, ":")
	secret, _, _ := strings.Cut(rest, ":")
	switch {
	case !found || name == "" || strings.ContainsFunc(name, unicode.IsControl):
		return Problem{What: "this is no user, a colon and a hashed password", Remedy: "htpasswd -B FILE USER writes such lines"}
	case f.users[name].text != "":
		return Problem{What: fmt.Sprintf("user %q is there twice", name), Remedy: "keep one of the lines"}
	}
	h, ok := parseHash(secret, as)
	if !ok {
		return Problem{What: fmt.Sprintf("the password of user %q is hashed in no way that is read here", name),
			Remedy: "bcrypt ($2y$, htpasswd -B), SHA-512-crypt ($6$, openssl passwd -6), SHA-256-crypt ($5$) and $apr1$ are"}
	}
	if h.most() {
		return Problem{What: fmt.Sprintf("the password of user %q is hashed so often that each log-in would take seconds", name), Remedy: "htpasswd -B -C 10 FILE USER"}
	}
	f.users[name] = h
	f.all = append(f.all, h)
	if h.kind == byMD5 {
		return Problem{What: fmt.Sprintf("the password of user %q is hashed by MD5 ($apr1$), which is quick to try passwords against", name), Remedy: "htpasswd -B FILE USER", Weak: true}
	}
	return Problem{}
}

// Hash is the user's hashed password; that of another user where there is none of
// that name, so that comparing it takes as long. The other is the same each time.
func (f *File) Hash(user string) (h Hash, known bool) {
	if one, ok := f.users[user]; ok {
		return Hash{one}, true
	}
	if len(f.all) == 0 {
		return Hash{}, false
	}
	sum := hmac.New(sha256.New, f.key)
	sum.Write([]byte(user))
	return Hash{f.all[binary.BigEndian.Uint64(sum.Sum(nil))%uint64(len(f.all))]}, false
}
