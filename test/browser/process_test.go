package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// process is one that ran at some time. Its start tells it from another that
// was given its pid later.
type process struct {
	pid, parent int
	name, start string
	state       string
}

func (p process) String() string { return fmt.Sprintf("%s (pid %d)", p.name, p.pid) }

// alive reports whether it still runs. One that has ended and was not yet
// waited for does not.
func (p process) alive() bool {
	now, err := readProcess(p.pid)
	return err == nil && now.start == p.start && now.state != "Z"
}

// descendants returns the children of a process, theirs, and so on.
func descendants(root int) ([]process, error) {
	paths, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	children := map[int][]process{}
	for _, path := range paths {
		pid, err := strconv.Atoi(filepath.Base(path))
		if err != nil {
			continue
		}
		if p, err := readProcess(pid); err == nil { // it may have ended meanwhile
			children[p.parent] = append(children[p.parent], p)
		}
	}
	var found []process
	for parents := []int{root}; len(parents) > 0; parents = parents[1:] {
		for _, child := range children[parents[0]] {
			found = append(found, child)
			parents = append(parents, child.pid)
		}
	}
	return found, nil
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
	return process{pid: pid, parent: parent, name: text[open+1 : end], state: fields[0], start: fields[19]}, nil
}
