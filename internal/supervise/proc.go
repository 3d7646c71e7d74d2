package supervise

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// markerName is the environment variable that every child carries. Its value
// is INSTANCE/NUMBER/NAME: the number tells the children of one name apart.
const markerName = "EDGEGEN_INSTANCE"

// identity names a process for good: its number is used again after its end,
// the pair is not.
type identity struct {
	pid   int
	start uint64 // clock ticks from boot to its start
}

// procInfo is what the kernel says about a process.
type procInfo struct {
	identity
	state                  byte // as in proc_pid_stat(5)
	parent, group, session int
	threads                int
}

// isDead also holds for a zombie. A process whose first thread alone has
// ended looks like one but for its other threads.
func (p procInfo) isDead() bool { return p.state == 'X' || p.state == 'Z' && p.threads <= 1 }

// inspect is called for every process of the machine, so it makes no more
// system calls than it must: package os would have the runtime poll the file.
func inspect(pid int) (procInfo, error) {
	file, err := syscall.Open("/proc/"+strconv.Itoa(pid)+"/stat", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return procInfo{}, err
	}
	defer syscall.Close(file)
	text := make([]byte, 1024) // a line of 52 numbers, and a name of 64 bytes at most
	n, err := syscall.Read(file, text)
	if err != nil {
		return procInfo{}, err
	}
	return parseStat(string(text[:n]))
}

// parseStat reads a line of /proc/PID/stat. The command in it is in brackets
// and may hold anything, brackets too.
func parseStat(text string) (procInfo, error) {
	broken := fmt.Errorf("unexpected process status %.80q", text)
	number, _, found := strings.Cut(text, " (")
	end := strings.LastIndexByte(text, ')')
	if !found || end < 0 {
		return procInfo{}, broken
	}
	fields := strings.Fields(text[end+1:]) // from the third one, the state
	if len(fields) < 20 || len(fields[0]) != 1 {
		return procInfo{}, broken
	}
	info := procInfo{state: fields[0][0]}
	var problems [6]error
	info.pid, problems[0] = strconv.Atoi(number)
	info.parent, problems[1] = strconv.Atoi(fields[1])
	info.group, problems[2] = strconv.Atoi(fields[2])
	info.session, problems[3] = strconv.Atoi(fields[3])
	info.threads, problems[5] = strconv.Atoi(fields[17])
	info.start, problems[4] = strconv.ParseUint(fields[19], 10, 64)
	if errors.Join(problems[:]...) != nil {
		return procInfo{}, broken
	}
	return info, nil
}

// processes returns every process that can be seen, by number. One that ends
// meanwhile is left out.
func processes() map[int]procInfo {
	seen := make(map[int]procInfo)
	directory, err := os.Open("/proc")
	if err != nil {
		return seen
	}
	defer directory.Close()
	names, _ := directory.Readdirnames(-1) // what was read before an error still counts
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if info, err := inspect(pid); err == nil {
			seen[pid] = info
		}
	}
	return seen
}

// markerOf returns the marker in the environment that the process was started
// with. Told is false where that environment says nothing: it is empty,
// unreadable, or was overwritten, as nginx does to show its title.
func markerOf(pid int) (marker string, told bool) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		return "", false
	}
	defer file.Close()
	environ, err := io.ReadAll(io.LimitReader(file, 4<<20))
	if err != nil {
		return "", false
	}
	return findMarker(environ)
}

func findMarker(environ []byte) (marker string, told bool) {
	for variable := range bytes.SplitSeq(environ, []byte{0}) {
		name, value, found := bytes.Cut(variable, []byte("="))
		if found && string(name) == markerName {
			return string(value), true
		}
		told = told || found && isVariableName(name)
	}
	return "", told
}

// isVariableName tells a variable from a title that happens to have a "=".
func isVariableName(name []byte) bool {
	other := func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}
	return len(name) > 0 && bytes.IndexFunc(name, other) < 0
}

// send sends the signal to exactly this process, or returns os.ErrProcessDone
// where it is gone, even if its number belongs to another one by now.
func (id identity) send(signal syscall.Signal) error {
	process, err := os.FindProcess(id.pid) // holds on to the process, not to its number
	if err != nil {
		return err
	}
	defer process.Release()
	info, err := inspect(id.pid)
	if err != nil || info.identity != id {
		return os.ErrProcessDone
	}
	return process.Signal(signal)
}

func (id identity) isAlive() bool {
	info, err := inspect(id.pid)
	return err == nil && info.identity == id && !info.isDead()
}

// bootID tells one run of the kernel from another. It is "" where the kernel
// does not say.
func bootID() string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
