package render

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Place writes files into a new directory, which nothing reads yet. A file that is the same
// in the directory before (unless that is "") is linked instead of written. Nothing is
// synced, as the files need not survive a crash of the machine. Files are readable by the
// owner alone, whatever their mode says; directories are as MakeDir makes them.
func Place(dir string, files []File, owner Owner, before string) error {
	if err := MakeDir(dir, owner); err != nil {
		return err
	}
	made := map[string]bool{dir: true}
	for _, file := range files {
		file.Mode = 0o600
		target := filepath.Join(dir, filepath.FromSlash(file.Name))
		if parent := filepath.Dir(target); !made[parent] {
			if err := MakeDir(parent, owner); err != nil {
				return err
			}
			made[parent] = true
		}
		if before != "" {
			source := filepath.Join(before, filepath.FromSlash(file.Name))
			if same(source, file, &owner) && os.Link(source, target) == nil {
				continue
			}
		}
		if err := place(target, file, owner); err != nil {
			return fmt.Errorf("write %s: %w", target, cause(err))
		}
	}
	return nil
}

// cause unwraps a file's error, for a message that names the path already.
func cause(err error) error {
	if problem := (*fs.PathError)(nil); errors.As(err, &problem) {
		return problem.Err
	}
	return err
}

// MakeDir makes a directory that the owner of what is in it can enter and read. The
// directory belongs to the caller, if that is another user such as root, so that nobody
// else can put a link in the way of what the caller makes, renames and removes in it by
// name. For the same reason a directory that exists already is refused.
func MakeDir(dir string, owner Owner) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	return ShowDir(dir, owner)
}

// ShowDir lets the owner of the files in a directory of the caller's enter and read the
// directory, and nobody else.
func ShowDir(dir string, owner Owner) error {
	if owner.UID == os.Geteuid() {
		return nil
	}
	// First the group, then its rights. A fresh directory is private until then.
	if err := os.Lchown(dir, -1, owner.GID); err != nil {
		return fmt.Errorf("show %s to the owner of what is in it: %w", dir, err)
	}
	if err := os.Chmod(dir, 0o750); err != nil {
		return fmt.Errorf("show %s to the owner of what is in it: %w", dir, err)
	}
	return nil
}

// place makes a file that is at no time readable by others.
func place(target string, file File, owner Owner) (err error) {
	placed, err := os.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, placed.Close()) }()
	if _, err := placed.Write(file.Data); err != nil {
		return err
	}
	if err := placed.Chmod(file.Mode.Perm()); err != nil {
		return err
	}
	return placed.Chown(owner.UID, owner.GID)
}
