package acme

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"edgegen/internal/atomicfile"
	"edgegen/internal/certificate"
)

// Store is a directory with what authorities have given. The zero value is of no
// use. Its methods may be called from any goroutine.
type Store struct {
	// Dir is absolute; it is made, 0700, when something is to be stored.
	Dir string
}

// Tidy removes what a process that was killed had begun to write: it may hold a key.
// Nobody else may be at work in the store.
func (s Store) Tidy() error {
	begun, _ := filepath.Glob(filepath.Join(s.Dir, "*", ".*")) // the pattern is good
	var problems []error
	for _, file := range begun {
		problems = append(problems, os.Remove(file))
	}
	return errors.Join(problems...)
}

// folder is the part of a store, or of a vault, that belongs to one authority: another one
// knows nothing of an account, and may be asked for the same names.
func folder(directory string) string { return sum(directory) }

// certificateName is what the certificate for some names is kept under, with its key.
func certificateName(directory string, names []string) string {
	return folder(directory) + "/" + sum(sorted(names)...) + ".pem"
}

func (s Store) file(directory string, names []string) string {
	return s.path(certificateName(directory, names))
}

func sorted(names []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

// sum names a file: a host may be too long for a name, and hold a "*".
func sum(parts ...string) string {
	all := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return hex.EncodeToString(all[:])[:32]
}

// Pair returns the certificate that an authority, known by the URL of its
// directory, has given for the names; false where there is none that is valid at
// the time.
func (s Store) Pair(directory string, names []string, at time.Time) (certificate.Pair, bool) {
	file := s.file(directory, names)
	pair, err := certificate.Load(file, file)
	return pair, err == nil && at.Before(pair.Leaf.NotAfter)
}

// Pairs returns all that authorities have given, for whatever names, and that is valid
// at the time.
func (s Store) Pairs(at time.Time) (all []certificate.Pair) {
	files, _ := filepath.Glob(filepath.Join(s.Dir, "*", "[0-9a-f]*.pem")) // the pattern is good
	for _, file := range files {
		if pair, err := certificate.Load(file, file); err == nil && pair.ValidAt(at) {
			all = append(all, pair)
		}
	}
	return all
}

func (s Store) put(directory string, names []string, pair []byte) error {
	return s.Write(context.Background(), certificateName(directory, names), pair)
}

// Read is that of a vault.Vault, as are Write and Remove, but that no other process is to use
// the store. The context does not end them.
func (s Store) Read(_ context.Context, name string) ([]byte, error) { return os.ReadFile(s.path(name)) }

// Write replaces what is under a name in one step.
func (s Store) Write(_ context.Context, name string, content []byte) error {
	file := s.path(name)
	for _, dir := range []string{s.Dir, filepath.Dir(file)} {
		if err := atomicfile.MakePrivate(dir); err != nil {
			return err
		}
	}
	return atomicfile.Write(file, content, 0o600)
}

// Remove removes what is under a name; it is no error where there is nothing.
func (s Store) Remove(_ context.Context, name string) error {
	err := os.Remove(s.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (s Store) path(name string) string { return filepath.Join(s.Dir, filepath.FromSlash(name)) }
