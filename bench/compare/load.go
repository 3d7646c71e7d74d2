package main

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// kibEach is the unit of a load that is memory.
const kibEach = "KiB each"

// load is something that peers are asked for.
type load struct {
	name string
	unit string // of its rate
	need ability
	run  func(ctx context.Context, w *world, p *peer) (turn, error)
}

// once is true for memory: a second turn would find what the first has left behind.
func (l load) once() bool { return l.unit == kibEach }

func (l load) fits(p *peer) bool { return p.does&l.need == l.need }

// turn is what came of one peer's turn.
type turn struct {
	done     float64 // units of work
	rate     float64 // of them a second; KiB a socket, for memory
	p50, p99 time.Duration
	cpu      float64 // µs a unit, over all of the peer's processes
}

// loads lists all of them, with and without HTTP/2.
func loads(s settings) []load {
	// Memory first: what other loads have left behind would be taken for less of it.
	all := []load{{"memory of idle WebSockets", kibEach, sockets, idleSockets(s)}}
	for _, one := range []struct {
		name, path string
		need       ability
		post       bool
	}{{"hit", "/kept", hits, false}, {"file", "/file.txt", files, false}, {"pass", "/app", 0, false}, {"POST of 10 KiB", "/app", 0, true}} {
		all = append(all,
			load{"HTTP/1.1 " + one.name, "requests/s", one.need, h2load{version1, 64, one.path, one.post, 1}.run(s)},
			load{"HTTP/2 " + one.name, "requests/s", one.need | overTwo, h2load{version2, 16, one.path, one.post, 1}.run(s)})
	}
	return append(all,
		load{"HTTP/3 hit", "requests/s", hits | overThree, http3Hits(s)},
		load{"HTTP/1.1 10 MiB", "MiB/s", files, h2load{version1, 4, "/big.bin", false, 10}.run(s)},
		load{"HTTP/2 10 MiB", "MiB/s", files | overTwo, h2load{version2, 4, "/big.bin", false, 10}.run(s)},
		load{"handshakes, full", "connections/s", 0, handshakes(s, false)},
		load{"handshakes, resumed", "connections/s", 0, handshakes(s, true)},
		load{"WebSocket echo", "messages/s", sockets, echoes(s)})
}

// kib is a number of bytes in KiB.
func kib(bytes int64) float64 { return float64(bytes) / 1024 }

// family is a process and all that it has started.
func family(root int) []int {
	children := map[int][]int{}
	entries, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is right
	for _, path := range entries {
		pid, parent, _, ok := stat(path)
		if ok {
			children[parent] = append(children[parent], pid)
		}
	}
	all := []int{root}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all
}

// stat reads what is wanted of /proc/PID/stat: the CPU time includes that of children
// that have ended and were waited for.
func stat(path string) (pid, parent int, cpu time.Duration, ok bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, 0, 0, false // it has ended
	}
	open, end := strings.IndexByte(string(text), '('), strings.LastIndexByte(string(text), ')')
	if open < 0 || end < open {
		return 0, 0, 0, false
	}
	pid, _ = strconv.Atoi(strings.TrimSpace(string(text[:open])))
	fields := strings.Fields(string(text[end+1:]))
	if len(fields) < 15 {
		return 0, 0, 0, false
	}
	parent, _ = strconv.Atoi(fields[1])
	ticks := 0
	for _, field := range fields[11:15] { // utime, stime, cutime, cstime
		n, _ := strconv.Atoi(field)
		ticks += n
	}
	return pid, parent, time.Duration(ticks) * (time.Second / 100), true // USER_HZ is 100 everywhere
}

// each calls f for every process of a peer.
func (p *peer) each(f func(pid int)) {
	for _, c := range p.running {
		for _, pid := range family(c.Process.Pid) {
			f(pid)
		}
	}
}

// spent is the CPU time of all of the peer's processes since they were started.
func (p *peer) spent() (sum time.Duration, err error) {
	p.each(func(pid int) {
		if _, _, cpu, ok := stat(filepath.Join("/proc", strconv.Itoa(pid), "stat")); ok {
			sum += cpu
		}
	})
	return sum, nil
}

// memory is the sum of the processes' proportional set sizes, in bytes.
func (p *peer) memory() (sum int64) {
	p.each(func(pid int) { sum += pss(pid) })
	return sum
}

func pss(pid int) int64 {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "smaps_rollup"))
	if err != nil {
		return 0 // it has ended
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n << 10
		}
	}
	return 0
}
