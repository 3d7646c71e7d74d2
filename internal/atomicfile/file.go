// Package atomicfile replaces files and links in one step: whoever looks at the
// name finds the old one or the new one, whole, also after a crash.
package atomicfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Owner is whom a file is given to; nil leaves it with the caller.
type Owner struct{ UID, GID int }

// Write replaces a file.
func Write(path string, data []byte, mode os.FileMode) error {
	staged, err := Stage(path, data, mode, nil)
	if err != nil {
		return err
	}
	if err := os.Rename(staged, path); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(staged))
	}
	return nil
}

// Stage writes what is to replace a file beside it, on the disk, and returns the
// name. The caller renames it or removes it. Nobody but the owner can read it
// before it has its mode.
func Stage(path string, data []byte, mode os.FileMode, owner *Owner) (name string, err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return "", fmt.Errorf("write %s: %w", path, err)
	}
	_, err = file.Write(data)
	err = errors.Join(err, file.Chmod(mode.Perm()))
	if owner != nil {
		err = errors.Join(err, file.Chown(owner.UID, owner.GID))
	}
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(file.Name()))
	}
	return file.Name(), nil
}

// Link puts a link in place of what has the name. link is os.Link or os.Symlink.
// A second process must not do this for the same name at the same time.
func Link(link func(target, name string) error, target, name string) error {
	staged := name + ".new" // left where an earlier run was cut short
	if err := os.Remove(staged); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := link(target, staged); err != nil {
		return err
	}
	return os.Rename(staged, name)
}

// MakePrivate makes a directory that nobody but the caller may enter, where it is
// missing. What is missing above it is made as well, and others may enter that.
func MakePrivate(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}
