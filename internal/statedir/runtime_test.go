package statedir

import (
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"testing"

	"edgegen/internal/render"
	"edgegen/internal/supervise"
)

// TestX3MakeDirectoriesAgain holds that a runtime directory which somebody was quicker
// to make can be entered by the daemons.
func TestX3MakeDirectoriesAgain(t *testing.T) {
	daemons, err := user.Lookup("www-data")
	if os.Geteuid() != 0 || err != nil {
		t.Skip("not covered here: only root has something to give away, to www-data")
	}
	uid, _ := strconv.Atoi(daemons.Uid) // a number, on this system
	who := User{Daemons: &supervise.Credential{UID: uint32(uid), GID: 60578}}
	run := filepath.Join(t.TempDir(), "run")
	if err := os.Mkdir(run, 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := MakeDirectories(render.Layout{Dir: filepath.Join(run, "config"), Run: run}, who); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(run); err != nil || info.Mode().Perm() != 0o750 {
			t.Errorf("%v, %v", info, err)
		}
	}
}
