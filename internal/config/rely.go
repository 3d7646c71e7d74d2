package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// reliance is something outside of the HCL that a value was made of: the
// content of a file, that there is one, or a variable of the environment.
type reliance struct {
	kind    relianceKind
	name    string
	content string
	there   bool
}

type relianceKind string

const (
	onFile        relianceKind = "file"
	onExistence   relianceKind = "existence"
	onEnvironment relianceKind = "environment"
	onClients     relianceKind = "clients"
)

// sum is the same for the same content.
func (r reliance) sum() string {
	sum := sha256.Sum256([]byte(r.content))
	return fmt.Sprint(r.there, hex.EncodeToString(sum[:]))
}

// rely notes something that the value under evaluation depends on: it becomes part of the
// scopeID, or of the note of the site block.
func (l *loader) rely(on reliance) {
	l.asked(on.kind, on.name)
	if l.scopeID == "" {
		l.identify(string(on.kind), on.name, on.sum())
		return
	}
	l.note.rely(on)
}

// asked notes a variable of the environment that the site asks for.
func (l *loader) asked(kind relianceKind, name string) {
	if kind == onEnvironment {
		l.environment = append(l.environment, name)
	}
}

// identify adds something to the scopeID.
func (l *loader) identify(kind, name, value string) {
	fmt.Fprintf(l.identification, "%q %q %q\n", kind, name, value)
}

func (l *loader) digest() string { return hex.EncodeToString(l.identification.Sum(nil)) }

// still reports whether the thing relied on has not changed.
func (l *loader) still(on reliedOn) bool {
	l.asked(on.kind, on.name)
	now := reliance{kind: on.kind, name: on.name}
	switch on.kind {
	case onFile:
		now.content, now.there = l.lookInto(on.name)
	case onExistence:
		info, err := statWithin(l.valueRoot, on.name)
		now.there = err == nil && info.Mode().IsRegular()
	case onEnvironment:
		now.content, now.there = os.LookupEnv(on.name)
	case onClients:
		authorities, revoked, _ := strings.Cut(on.name, "\x00")
		files := clientsFiles{authorities, revoked}
		now = l.clients(files).relies(files)
	}
	return now.sum() == on.sum
}

// lookInto reads a file for the load that may rely on it.
func (l *loader) lookInto(name string) (content string, there bool) {
	absolute := filepath.Join(l.valueRoot, filepath.Clean(name))
	found, again := l.contents[absolute]
	if !again {
		found.content, found.err = readWithin(l.valueRoot, filepath.Clean(name))
		l.contents[absolute] = found
	}
	return found.content, found.err == nil
}

// reliedOn is a reliance without its content.
type reliedOn struct {
	kind relianceKind
	name string
	sum  string
}

func statWithin(root, name string) (os.FileInfo, error) {
	directory, err := os.OpenRoot(root)
	if err != nil {
		return nil, err
	}
	defer directory.Close()
	return directory.Stat(filepath.Clean(name))
}
