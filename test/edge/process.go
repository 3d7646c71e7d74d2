package edge

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Process is what /proc tells of one.
type Process struct {
	PID, Parent int
	UID         int    // the user that it runs as
	Name        string // the program, or how it calls itself
	State       string // a letter, as ps(1) has them
	start       string // tells it from another that was given its number later
}

func (p Process) String() string { return fmt.Sprintf("%s (pid %d, %s)", p.Name, p.PID, p.State) }

// Alive reports whether it still runs, or is stopped. A process of many threads
// is not dead when the first of them is: what it has open is closed by the last.
func (p Process) Alive() bool {
	now, err := readProcess(p.PID)
	if err != nil || now.start != p.start {
		return false
	}
	if now.State != "Z" && now.State != "X" {
		return true
	}
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", p.PID))
	return err == nil && len(threads) > 1
}

// Signal sends it a signal unless it has ended.
func (p Process) Signal(s syscall.Signal) error {
	if !p.Alive() {
		return nil
	}
	return syscall.Kill(p.PID, s)
}

// readProcess reads /proc/PID/stat: pid (name) state parent … start …
func readProcess(pid int) (Process, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Process{}, err
	}
	text := string(data)
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return Process{}, fmt.Errorf("/proc/%d/stat holds %q", pid, text)
	}
	fields := strings.Fields(text[end+1:])
	if len(fields) < 20 {
		return Process{}, fmt.Errorf("/proc/%d/stat holds %q", pid, text)
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return Process{}, err
	}
	p := Process{PID: pid, Parent: parent, Name: text[open+1 : end], State: fields[0], start: fields[19]}
	if info, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); err == nil { // else it has ended meanwhile
		p.UID = int(info.Sys().(*syscall.Stat_t).Uid)
	}
	return p, nil
}

// all returns every process of the machine.
func all() []Process {
	paths, _ := filepath.Glob("/proc/[0-9]*") // the pattern is right
	var found []Process
	for _, path := range paths {
		pid, err := strconv.Atoi(filepath.Base(path))
		if err != nil {
			continue
		}
		if p, err := readProcess(pid); err == nil { // else it has ended meanwhile
			found = append(found, p)
		}
	}
	return found
}

// Family returns edgegen's children, theirs, and so on, zombies too.
func (e *Edge) Family() []Process { return Descendants(e.PID()) }

// Descendants returns a process's children, theirs, and so on, zombies too.
func Descendants(root int) []Process {
	everybody := all()
	member := map[int]bool{root: true}
	var family []Process
	for grown := true; grown; {
		grown = false
		for _, p := range everybody {
			if member[p.Parent] && !member[p.PID] {
				member[p.PID], grown = true, true
				family = append(family, p)
			}
		}
	}
	return family
}

// Descriptors lists what a process has open, by number.
func Descriptors(pid int) map[string]string {
	open := map[string]string{}
	paths, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid)) // the pattern is right
	for _, path := range paths {
		if target, err := os.Readlink(path); err == nil {
			open[filepath.Base(path)] = target
		}
	}
	return open
}

// Listening are the TCP sockets on which the process takes connections, by their
// lines in /proc/net/tcp and tcp6.
func (p Process) Listening(t testing.TB) (lines []string) {
	t.Helper()
	const listening = "0A"
	open, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", p.PID))
	if err != nil {
		t.Fatal(err)
	}
	sockets := map[string]bool{}
	for _, path := range open {
		if target, err := os.Readlink(path); err == nil { // else it has been closed meanwhile
			sockets[target] = true
		}
	}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err != nil {
			continue // a machine without IPv6
		}
		for line := range strings.Lines(string(text)) {
			if f := strings.Fields(line); len(f) > 9 && f[3] == listening && sockets["socket:["+f[9]+"]"] {
				lines = append(lines, strings.TrimSpace(line))
			}
		}
	}
	return lines
}
