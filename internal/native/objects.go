package native

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"edgegen/internal/atomicfile"
)

// Objects is a directory of shared objects that VCL has been compiled to, each under a
// name that says what it was made from and by what. It belongs to the caller alone: no
// daemon or app can look into it. The zero value keeps nothing. Its methods may be
// called from any goroutine, and by several edges.
type Objects struct{ Dir string }

const (
	objectsSize   = 256 << 20 // of all that is kept, in bytes
	largestObject = 32 << 20
)

// objectKey names what the parts determine.
func objectKey(parts ...string) string {
	sum := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(sum, "%d:%s,", len(part), part)
	}
	return hex.EncodeToString(sum.Sum(nil))[:32]
}

func (o Objects) path(key string) string { return filepath.Join(o.Dir, key+".so") }

// has reports whether an object is kept, whole or not.
func (o Objects) has(key string) bool {
	_, err := os.Lstat(o.path(key))
	return o.Dir != "" && err == nil
}

// get returns a kept object, and counts it as used. False means that there is none, or
// none that is whole: such a file is removed.
func (o Objects) get(key string) (object []byte, ok bool) {
	if o.Dir == "" {
		return nil, false
	}
	data, err := os.ReadFile(o.path(key))
	if err != nil {
		return nil, false
	}
	end := len(data) - sha256.Size
	if end <= 0 || sha256.Sum256(data[:end]) != [sha256.Size]byte(data[end:]) {
		o.drop(key)
		return nil, false
	}
	now := time.Now()
	_ = os.Chtimes(o.path(key), now, now) // else it only counts as older than it is
	return data[:end], true
}

// keep writes an object, with its checksum behind it, and removes what has not been
// used for longest where there is too much.
func (o Objects) keep(key string, object []byte) error {
	if o.Dir == "" {
		return nil
	}
	sum := sha256.Sum256(object)
	err := atomicfile.MakePrivate(o.Dir)
	if err == nil {
		err = atomicfile.Write(o.path(key), slices.Concat(object, sum[:]), 0o600)
	}
	if err != nil {
		return fmt.Errorf("keep compiled VCL: %w", err)
	}
	return o.bound(objectsSize)
}

// drop removes an object that cannot be used. Where that fails it is tried again with
// the next start.
func (o Objects) drop(key string) { _ = os.Remove(o.path(key)) }

// bound removes what was used longest ago until the rest takes no more than the size.
func (o Objects) bound(size int64) error {
	entries, err := os.ReadDir(o.Dir)
	if err != nil {
		return fmt.Errorf("bound the compiled VCL: %w", err)
	}
	var files []os.FileInfo
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() { // else somebody has just removed it
			files = append(files, info)
			size -= info.Size()
		}
	}
	slices.SortFunc(files, func(a, b os.FileInfo) int {
		return cmp.Or(a.ModTime().Compare(b.ModTime()), cmp.Compare(a.Name(), b.Name()))
	})
	for _, file := range files {
		if size >= 0 {
			break
		}
		if err := os.Remove(filepath.Join(o.Dir, file.Name())); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("bound the compiled VCL: %w", err)
		}
		size += file.Size()
	}
	return nil
}

// takeObject reads what a compiler has left below a directory of the daemons', and
// removes it. It follows no link out of there, and takes no file that would not end.
func takeObject(dir, name string) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	defer func() { _ = root.Remove(name) }() // the directory goes with the run
	if info, err := root.Lstat(name); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file", name)
	}
	file, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	object, err := io.ReadAll(io.LimitReader(file, largestObject+1))
	if err == nil && (len(object) > largestObject || !bytes.HasPrefix(object, []byte("\x7fELF"))) {
		err = fmt.Errorf("%s is no shared object, or a very large one", name)
	}
	return object, err
}
