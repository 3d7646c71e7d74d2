package lifecycle

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process is what /proc tells of one.
type process struct {
	pid, parent, uid int
	name             string // the program, or how nginx calls itself
	start            string // tells it from another that was given its pid later
	state            string
}

func (p process) String() string { return fmt.Sprintf("%s (pid %d, %s)", p.name, p.pid, p.state) }

// alive reports whether it still runs.
func (p process) alive() bool {
	now, err := readProcess(p.pid)
	return err == nil && now.start == p.start && now.state != "Z"
}

// readProcess reads /proc/PID/stat: pid (name) state parent … start …
func readProcess(pid int) (process, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return process{}, err
	}
	text := string(data)
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return process{}, fmt.Errorf("/proc/%d/stat holds %q", pid, text)
	}
	fields := strings.Fields(text[end+1:])
	if len(fields) < 20 {
		return process{}, fmt.Errorf("/proc/%d/stat holds %q", pid, text)
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return process{}, err
	}
	p := process{pid: pid, parent: parent, name: text[open+1 : end], state: fields[0], start: fields[19]}
	if info, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); err == nil {
		p.uid = int(info.Sys().(*syscall.Stat_t).Uid)
	}
	return p, nil
}

// belonging returns the processes that work in a directory or below it, or
// name it among their arguments or variables: every process that an edge of
// that directory has started, whoever its parent is now.
func belonging(t *testing.T, dir string) []process {
	t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	var found []process
	for _, path := range paths {
		pid, err := strconv.Atoi(filepath.Base(path))
		if err != nil || pid == os.Getpid() {
			continue
		}
		// What cannot be read has ended meanwhile.
		where, _ := os.Readlink(path + "/cwd")
		arguments, _ := os.ReadFile(path + "/cmdline")
		environment, _ := os.ReadFile(path + "/environ")
		if !strings.Contains(where+"\x00"+string(arguments)+"\x00"+string(environment), dir) {
			continue
		}
		if p, err := readProcess(pid); err == nil && p.state != "Z" {
			found = append(found, p)
		}
	}
	return found
}

// awaitNone waits until no process belongs to the directory, and ends those
// that do after that time.
func awaitNone(t *testing.T, dir string, limit time.Duration) {
	t.Helper()
	deadline := time.Now().Add(limit)
	left := belonging(t, dir)
	for len(left) > 0 && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
		left = belonging(t, dir)
	}
	for _, p := range left {
		t.Errorf("%v is left over", p)
		_ = syscall.Kill(p.pid, syscall.SIGKILL)
	}
}

// childrenOf returns the living children of a process by name.
func childrenOf(t *testing.T, dir string, parent int, name string) []process {
	t.Helper()
	var children []process
	for _, p := range belonging(t, dir) {
		if p.parent == parent && strings.HasPrefix(p.name, name) {
			children = append(children, p)
		}
	}
	return children
}

// isGuardian tells edgegen's guardian from its other children.
func isGuardian(p process) bool {
	arguments, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.pid)) // it may have ended
	return strings.HasSuffix(string(arguments), "\x00__guardian\x00")
}
