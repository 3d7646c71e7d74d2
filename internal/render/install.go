package render

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"edgegen/internal/atomicfile"
)

// Owner is the user who will own installed files; nil leaves them to the caller.
type Owner = atomicfile.Owner

// Install writes files below a directory, creates directories as needed, and reports
// whether anything changed. Every file is first written beside its place, then all are
// renamed, so that nothing has changed if one cannot be written. A file that already has
// the right bytes, mode and owner is left alone. Directories of secret files are 0700.
func Install(dir string, files []File, owner *Owner) (changed bool, err error) {
	var staged []string
	defer func() {
		for _, name := range staged {
			// What has been renamed is no longer there to remove.
			_ = os.Remove(name)
		}
	}()
	type move struct{ from, to string }
	var moves []move
	for _, file := range files {
		target := filepath.Join(dir, filepath.FromSlash(file.Name))
		if err := makeParent(target, file, owner); err != nil {
			return false, err
		}
		if err := inTheWay(target); err != nil {
			return false, err
		}
		if same(target, file, owner) {
			continue
		}
		name, err := atomicfile.Stage(target, file.Data, file.Mode, owner)
		if err != nil {
			return false, err
		}
		staged = append(staged, name)
		moves = append(moves, move{name, target})
	}
	for _, m := range moves {
		if err := os.Rename(m.from, m.to); err != nil {
			return true, fmt.Errorf("install %s: %w", m.to, err)
		}
	}
	return len(moves) > 0, nil
}

func makeParent(target string, file File, owner *Owner) error {
	parent := filepath.Dir(target)
	mode := os.FileMode(0o755)
	if file.Mode&0o077 == 0 {
		mode = 0o700
	}
	if err := os.MkdirAll(parent, mode); err != nil {
		return fmt.Errorf("make a directory for %s: %w", file.Name, err)
	}
	if mode == 0o700 {
		// The directory may have existed, open to others.
		if err := os.Chmod(parent, mode); err != nil {
			return fmt.Errorf("protect the directory of %s: %w", file.Name, err)
		}
	}
	if owner == nil {
		return nil
	}
	if err := os.Chown(parent, owner.UID, owner.GID); err != nil {
		return fmt.Errorf("give away the directory of %s: %w", file.Name, err)
	}
	return nil
}

// inTheWay finds a directory in a file's place, which a rename could not replace, before
// anything has been renamed.
func inTheWay(target string) error {
	info, err := os.Lstat(target)
	if err == nil && info.IsDir() {
		return fmt.Errorf("write %s: a directory is in the way", target)
	}
	return nil
}

// same reports whether the installed file has these bytes, mode and owner already.
func same(target string, file File, owner *Owner) bool {
	info, err := os.Lstat(target)
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm() != file.Mode.Perm() {
		return false
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && owner != nil && (int(stat.Uid) != owner.UID || int(stat.Gid) != owner.GID) {
		return false
	}
	data, err := os.ReadFile(target)
	return err == nil && bytes.Equal(data, file.Data)
}
