// Package statedir knows where an edge keeps what: the state directory, the
// runtime directory, the room that they need on the disk, and the user whom the
// daemons run as, who may enter some of it.
package statedir

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"edgegen/internal/render"
)

// Default is where an edge keeps its state unless it is told: a system
// directory for root, the user's own otherwise.
func Default() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/lib/edgegen", nil
	}
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "edgegen"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find a place for the state directory: %w; name one with --state-dir", err)
	}
	return filepath.Join(home, ".local", "state", "edgegen"), nil
}

// ACMEDir is where what authorities have given lasts.
func ACMEDir(stateDir string) string { return filepath.Join(stateDir, "acme") }

// AuthorityDir is where the local certificate authority lasts.
func AuthorityDir(stateDir string) string { return filepath.Join(stateDir, "ca") }

// ObjectsDir is where compiled VCL is kept; "" where it would be of no use: VCL names the
// runtime directory, and one for temporary files has another name each time.
func ObjectsDir(stateDir string, layout render.Layout) string {
	if filepath.Dir(layout.Run) != stateDir {
		return ""
	}
	return filepath.Join(stateDir, "compiled")
}

// MakeRuntime makes the directory for what lasts as long as one run: sockets, rendered
// files, the daemons' own files. It stands in the state directory unless its path is too
// long for a socket or the daemons may not get there; then in the system's directory for
// temporary files. The caller learns the path before the directory is there, so that it
// can always be removed in the end.
//
// It stays edgegen's, and so do the directories of the generations: the daemons'
// user may be somebody whom root must not trust, and root makes, renames, gives
// away and removes by name there. The daemons can enter and read; what they make
// themselves, they make in the directories of Layout.Directories, which are
// theirs. Root touches nothing in there but to unlink a name, to connect to a
// socket, and to link one into its own directory (publish).
func MakeRuntime(stateDir string, who User, removeAtEnd func(path string) error) (render.Layout, error) {
	parent, temporary := RuntimeParent(stateDir, who)
	run := filepath.Join(parent, "run")
	if temporary {
		if err := CheckRoom(parent); err != nil {
			return render.Layout{}, err
		}
		run = filepath.Join(parent, "edgegen-"+rand.Text()[:10])
	}
	if err := removeAtEnd(run); err != nil {
		return render.Layout{}, err
	}
	if !temporary {
		if err := os.RemoveAll(run); err != nil {
			return render.Layout{}, fmt.Errorf("clear the runtime directory: %w", err)
		}
	}
	layout := render.Layout{Dir: filepath.Join(run, "config"), Run: run}
	if err := MakeDirectories(layout, who); err != nil {
		return render.Layout{}, errors.Join(fmt.Errorf("make the runtime directory: %w", err), os.RemoveAll(run))
	}
	return layout, nil
}

// MakeDirectories makes those of a layout's directories that are not there.
func MakeDirectories(layout render.Layout, who User) error {
	uid, gid := who.Owner()
	owner := render.Owner{UID: uid, GID: gid}
	for _, dir := range []string{layout.Run, Generations(layout)} {
		switch own, err := ownDirectory(dir); {
		case err != nil:
			return err
		case own:
			// Another goroutine that had something to put there may have made it.
			if err := render.ShowDir(dir, owner); err != nil {
				return err
			}
		default:
			if err := render.MakeDir(dir, owner); err != nil {
				return err
			}
		}
	}
	for _, dir := range layout.Directories() {
		if _, err := os.Lstat(dir); err == nil {
			continue
		}
		if err := errors.Join(os.Mkdir(dir, 0o700), os.Lchown(dir, uid, gid)); err != nil {
			return err
		}
	}
	return nil
}

func Generations(layout render.Layout) string { return filepath.Join(layout.Run, "generations") }

// ownDirectory reports whether a directory is there. In a directory for temporary
// files it may be somebody else's, who was quicker, and that is an error.
func ownDirectory(path string) (bool, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); !info.IsDir() || ok && int(stat.Uid) != os.Geteuid() {
		return false, fmt.Errorf("%s is not a directory of edgegen's", path)
	}
	return true, nil
}

// suits reports whether the daemons can be given a path as it is: short enough
// for sockets below it, and of characters that mean nothing to any of them.
func suits(run string) bool {
	return len(run) <= render.MaxRun && !strings.ContainsAny(run, " \t\r\n\"'\\;{}#$,`")
}

// RuntimeParent is where the runtime directory is made: in the state directory,
// or, under a name of its own, in the directory for temporary files.
func RuntimeParent(stateDir string, who User) (parent string, temporary bool) {
	if suits(filepath.Join(stateDir, "run")) && who.Blocked(stateDir) == "" {
		return stateDir, false
	}
	parent = os.TempDir()
	if !suits(parent+"/edgegen-0123456789") || who.Blocked(parent) != "" {
		parent = "/tmp"
	}
	return parent, true
}

// NotThere returns the paths at which nothing is.
func NotThere(paths ...string) (missing []string) {
	for _, path := range paths {
		if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
			missing = append(missing, path)
		}
	}
	return missing
}
