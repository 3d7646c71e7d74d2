package control

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"edgegen/internal/render"
)

// DefaultStateDir is where an edge keeps its state unless it is told: a system
// directory for root, the user's own otherwise.
func DefaultStateDir() (string, error) {
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

// AuthorityDir is where the local certificate authority lasts.
func AuthorityDir(stateDir string) string { return filepath.Join(stateDir, "ca") }

func controlSocket(stateDir string) string { return filepath.Join(stateDir, "control.sock") }

// makeRuntime makes the directory for what lasts as long as one run: sockets,
// rendered files, the daemons' own files. It stands in the state directory
// unless its path is too long for a socket or the daemons may not get there;
// then in the system's directory for temporary files.
func makeRuntime(stateDir string, who identity) (render.Layout, error) {
	run := filepath.Join(stateDir, "run")
	if len(run) <= render.MaxRun && !strings.ContainsAny(run, " \t\"'\\;{}#$,`") && who.blocked(stateDir) == "" {
		if err := os.RemoveAll(run); err != nil {
			return render.Layout{}, fmt.Errorf("clear the runtime directory: %w", err)
		}
		if err := os.Mkdir(run, 0o700); err != nil {
			return render.Layout{}, fmt.Errorf("make the runtime directory: %w", err)
		}
	} else {
		var err error
		if run, err = temporaryRuntime(); err != nil {
			return render.Layout{}, err
		}
	}
	layout := render.Layout{Dir: filepath.Join(run, "config"), Run: run}
	uid, gid := who.owner()
	for _, dir := range append([]string{run}, layout.Directories()...) {
		if err := errors.Join(os.MkdirAll(dir, 0o700), os.Chown(dir, uid, gid)); err != nil {
			return layout, errors.Join(fmt.Errorf("make the runtime directory: %w", err), os.RemoveAll(run))
		}
	}
	return layout, nil
}

func temporaryRuntime() (string, error) {
	parent := os.TempDir()
	if len(parent) > render.MaxRun-len("/edgegen-0123456789") {
		parent = "/tmp"
	}
	run, err := os.MkdirTemp(parent, "edgegen-")
	if err != nil {
		return "", fmt.Errorf("make the runtime directory: %w", err)
	}
	return run, nil
}

// newSecret makes the content of varnishd's secret file.
func newSecret() []byte {
	var random [32]byte
	rand.Read(random[:]) // never fails
	return []byte(hex.EncodeToString(random[:]) + "\n")
}

// sorted orders errors by their text, so that equal problems read equally.
func sorted(list []error) []error {
	slices.SortFunc(list, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return list
}
