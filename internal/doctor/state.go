package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"edgegen/internal/api"
	"edgegen/internal/statedir"
	"edgegen/internal/supervise"
)

// findRunning asks the edge of the state directory, if one runs.
func (x *examination) findRunning(ctx context.Context) {
	const patience = 5 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	client, err := api.NewClient(x.dir)
	if err != nil {
		x.asked = err
		return
	}
	status, err := client.Status(ctx)
	if x.asked = err; err == nil {
		x.running = &status
	}
}

func (x *examination) examineState() []Line {
	lines := []Line{x.examineDirectory()}
	if line, ok := x.examineRuntime(); ok {
		lines = append(lines, line)
	}
	return append(lines, x.examineRunning())
}

// examineDirectory tells whether the state directory can be written.
func (x *examination) examineDirectory() Line {
	there := standing(x.dir)
	info, err := os.Stat(there)
	if err == nil && !info.IsDir() {
		return Line{LevelProblem, "directory", there + " is not a directory", "name another one: --state-dir DIR"}
	}
	if err := access(there, unix.W_OK|unix.X_OK); err != nil {
		return Line{LevelProblem, "directory", fmt.Sprintf("%s cannot be written: %v", there, err),
			"name another state directory (--state-dir DIR), or start edgegen as its owner"}
	}
	if err := statedir.CheckRoom(there); err != nil && x.running == nil {
		return Line{LevelProblem, "directory", err.Error(), ""}
	}
	if there != x.dir {
		return Line{LevelOK, "directory", x.dir + " is made by the first start", ""}
	}
	return Line{LevelOK, "directory", x.dir + " can be written", ""}
}

// standing is the path, or the nearest directory above it that is there.
func standing(path string) string {
	for {
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) || path == filepath.Dir(path) {
			return path
		}
		path = filepath.Dir(path)
	}
}

// examineRuntime looks at where varnishd would keep the VCL it compiled, which
// it has to load from there. Nothing is said where it is as usual.
func (x *examination) examineRuntime() (line Line, unusual bool) {
	parent, temporary := statedir.RuntimeParent(x.dir, x.who)
	if !temporary {
		// The state directory is there once edgegen has made it; whether the
		// daemons get to it is decided by what is above.
		parent, temporary = statedir.RuntimeParent(standing(x.dir), x.who)
	}
	var mount unix.Statfs_t
	if err := unix.Statfs(parent, &mount); err != nil {
		return Line{LevelWarning, "runtime", fmt.Sprintf("%s cannot be looked at: %v", parent, err), ""}, true
	}
	if _, compiles := x.compiling(); compiles && mount.Flags&unix.ST_NOEXEC != 0 {
		return Line{LevelProblem, "runtime", parent + " is mounted noexec: varnishd cannot load the VCL that it compiles there",
			"name a state directory on another file system (--state-dir DIR)"}, true
	}
	if temporary {
		return Line{LevelNote, "runtime", fmt.Sprintf("sockets and rendered files go below %s: the daemons cannot use %s", parent, x.dir), ""}, true
	}
	return Line{}, false
}

// examineRunning tells whether an edge uses the state directory.
func (x *examination) examineRunning() Line {
	if x.running != nil {
		return Line{LevelOK, "edge", fmt.Sprintf("%s, pid %d, of %s", x.running.State, x.running.PID, x.running.Site), ""}
	}
	holder, err := supervise.Holder(x.dir)
	switch {
	case err != nil:
		return Line{LevelWarning, "edge", err.Error(), "start edgegen as the owner of the state directory"}
	case holder != 0:
		return Line{LevelWarning, "edge", fmt.Sprintf("process %d has the directory and does not answer: %v", holder, x.asked),
			"it may be starting or stopping; see that it does"}
	case errors.Is(x.asked, api.ErrNoEdge):
		return Line{LevelOK, "edge", "none is running here", ""}
	}
	return Line{LevelWarning, "edge", x.asked.Error(), ""}
}
