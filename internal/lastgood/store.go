package lastgood

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"edgegen/internal/atomicfile"
	"edgegen/internal/render"
)

// currentLink leads to the set of files that counts.
const currentLink = "current"

// replaceWhole puts a set of files in place of the one that the directory
// holds. At every moment, a crash included, its current link leads to the old
// set or to the new one, whole and on disk. What the link does not lead to is
// deleted, what earlier crashes left too. Nobody but the caller may enter.
func replaceWhole(dir string, files []render.File) (err error) {
	if err := atomicfile.MakePrivate(dir); err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o700); err != nil { // it may have been there
		return err
	}
	defer func() { err = errors.Join(err, removeOthers(dir)) }()
	fresh, err := os.MkdirTemp(dir, "set-")
	if err != nil {
		return err
	}
	if err := linkFrom(filepath.Join(dir, currentLink), fresh, files); err != nil {
		return err
	}
	if _, err := render.Install(fresh, files, nil); err != nil {
		return err
	}
	directories := map[string]bool{fresh: true}
	for _, file := range files {
		directories[filepath.Dir(filepath.Join(fresh, file.Name))] = true
	}
	for directory := range directories {
		if err := syncDirectory(directory); err != nil {
			return err
		}
	}
	if err := syncDirectory(dir); err != nil { // the set is to be there before the link leads to it
		return err
	}
	if err := atomicfile.Link(os.Symlink, filepath.Base(fresh), filepath.Join(dir, currentLink)); err != nil {
		return err
	}
	return syncDirectory(dir) // and the link before the old set goes
}

// linkFrom puts files of another set of the same names into a fresh one. Whichever says
// the same is then not written, nor synced, a second time; the others are replaced.
func linkFrom(from, fresh string, files []render.File) error {
	for _, file := range files {
		name := filepath.FromSlash(file.Name)
		if err := os.MkdirAll(filepath.Join(fresh, filepath.Dir(name)), 0o700); err != nil {
			return err
		}
		_ = os.Link(filepath.Join(from, name), filepath.Join(fresh, name)) // else it is written
	}
	return nil
}

// removeOthers deletes everything but the current set.
func removeOthers(dir string) error {
	current, err := os.Readlink(filepath.Join(dir, currentLink))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	entries, err := os.ReadDir(dir)
	problems := []error{err}
	for _, entry := range entries {
		if name := entry.Name(); name != currentLink && name != current {
			problems = append(problems, os.RemoveAll(filepath.Join(dir, name)))
		}
	}
	return errors.Join(problems...)
}

func syncDirectory(dir string) (err error) {
	opened, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	if err := opened.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return nil
}
