package render

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Place writes files into a directory that nobody reads yet. A file that the
// directory before holds already, which may be "", is linked and not written
// again. It is for files that need not outlive the machine: nothing is synced.
// Directories and files are for the owner alone.
func Place(dir string, files []File, owner Owner, before string) error {
	if err := makeOwned(dir, owner); err != nil {
		return err
	}
	for _, file := range files {
		target := filepath.Join(dir, filepath.FromSlash(file.Name))
		if parent := filepath.Dir(target); parent != dir {
			if err := makeOwned(parent, owner); err != nil {
				return err
			}
		}
		if before != "" {
			source := filepath.Join(before, filepath.FromSlash(file.Name))
			if same(source, file, &owner) && os.Link(source, target) == nil {
				continue
			}
		}
		if err := place(target, file, owner); err != nil {
			return fmt.Errorf("write %s: %w", target, err)
		}
	}
	return nil
}

func makeOwned(dir string, owner Owner) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("make %s: %w", dir, err)
	}
	if err := os.Chown(dir, owner.UID, owner.GID); err != nil {
		return fmt.Errorf("give away %s: %w", dir, err)
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
