package reload

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-cmp/cmp"

	"edgegen/test/edge"
)

// snapshot is what a refused reload must leave as it was.
type snapshot struct {
	Config     string            // the directory of the generation in force
	Files      map[string]string // its files, and a sum of what each holds
	State      string
	Generation int
	Tiers      []string
	Backends   []string
}

// take takes one. The processes of the named tiers are left out: a test has
// killed them.
func (w *world) take(e *edge.Edge, without ...string) snapshot {
	w.t.Helper()
	status := e.Status()
	s := snapshot{Files: map[string]string{}, State: status.State, Generation: status.Generation}
	for _, tier := range status.Tiers {
		line := fmt.Sprintf("%s: %s %s, %s, %v", tier.Role, tier.Engine, tier.Version, tier.State, tier.Listen)
		if !strings.Contains(strings.Join(without, " "), tier.Role) {
			line += fmt.Sprintf(", pid %d, %d restarts", tier.PID, tier.Restarts)
		}
		s.Tiers = append(s.Tiers, line)
	}
	for _, backend := range status.Backends {
		s.Backends = append(s.Backends, fmt.Sprintf("%+v", backend))
	}
	var err error
	if s.Config, err = filepath.EvalSymlinks(filepath.Join(w.State, "run", "config")); err != nil {
		w.t.Fatal(err)
	}
	err = filepath.WalkDir(s.Config, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		s.Files[strings.TrimPrefix(path, s.Config)] = fmt.Sprintf("%x", sha256.Sum256(data))
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// same holds that nothing has changed.
func (w *world) same(before, after snapshot) {
	w.t.Helper()
	if difference := cmp.Diff(before, after); difference != "" {
		w.t.Errorf("a refused reload has changed something (-before +after):\n%s", difference)
	}
}
