package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// results are what was measured.
type results struct {
	settings
	peers    []string
	missing  []string
	failed   []string // turns
	versions map[string]string
	loads    []measured
	growth   []growth
}

// measured is one load, with each peer's turns.
type measured struct {
	load
	turns map[string][]turn
}

func (r *results) add(l load, peer string, t turn) {
	at := slices.IndexFunc(r.loads, func(m measured) bool { return m.name == l.name })
	if at < 0 {
		at = len(r.loads)
		r.loads = append(r.loads, measured{l, map[string][]turn{}})
	}
	r.loads[at].turns[peer] = append(r.loads[at].turns[peer], t)
}

// median is that of what f says of the turns; 0 for none.
func (m *measured) median(peer string, f func(turn) float64) float64 {
	var all []float64
	for _, t := range m.turns[peer] {
		all = append(all, f(t))
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}

func rateOf(t turn) float64 { return t.rate }
func cpuOf(t turn) float64  { return t.cpu }

// target is a ratio of medians that edgegen is to have.
type target struct {
	load, peer, other string
	least             float64
	cpu               bool // of CPU, where less is better
}

func targets() []target {
	b, n := builtinName, nginxName
	all := []target{
		{"HTTP/1.1 hit", b, n, 1.5, false}, {"HTTP/1.1 file", b, n, 1.1, false}, {"HTTP/1.1 pass", b, n, 1, false}, {"HTTP/1.1 POST of 10 KiB", b, n, 1, false}, {"HTTP/1.1 hit", b, haproxyName, 1, false},
		{"HTTP/2 hit", b, n, 1.2, false}, {"HTTP/2 file", b, n, 1, false}, {"HTTP/2 pass", b, n, 1, false}, {"HTTP/2 hit", b, haproxyName, 0.7, false},
		{"HTTP/3 hit", b, caddyName, 1, false},
		{"handshakes, full", b, n, 0.9, false}, {"handshakes, resumed", b, n, 0.9, false},
		{"HTTP/1.1 10 MiB", b, n, 1, false}, {"HTTP/2 10 MiB", b, n, 1, false}, {"WebSocket echo", b, n, 1, false},
		{"HTTP/1.1 hit", nativeName, tunedName, 0.95, false}, {"HTTP/1.1 pass", nativeName, tunedName, 0.95, false},
		{"HTTP/1.1 hit", nativeName, articleName, 1.2, false}, {"HTTP/1.1 pass", nativeName, articleName, 1.3, false},
	}
	for _, load := range []string{"hit", "file", "pass", "POST of 10 KiB"} {
		for _, version := range []string{"HTTP/1.1 ", "HTTP/2 "} {
			all = append(all, target{version + load, b, n, 1, true})
		}
	}
	for _, load := range []string{"HTTP/1.1 hit", "HTTP/1.1 file", "HTTP/1.1 pass", "HTTP/2 hit"} {
		all = append(all, target{load, loggingName, b, 0.95, false})
	}
	return all
}

// ratio is what became of a target; false where it was not measured.
func (r *results) ratio(t target) (float64, bool) {
	at := slices.IndexFunc(r.loads, func(m measured) bool { return m.name == t.load })
	if at < 0 {
		return 0, false
	}
	f := rateOf
	if t.cpu {
		f = cpuOf
	}
	ours, theirs := r.loads[at].median(t.peer, f), r.loads[at].median(t.other, f)
	if t.cpu {
		ours, theirs = theirs, ours
	}
	return ours / theirs, ours > 0 && theirs > 0
}

// markdown is RESULTS.md.
func (r *results) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Results\n\nWritten by `make bench` on %s: medians of %d turns of %s each, in which all peers alternate. The load generator, the app and the peers share the machine, so compare what stands in one table. CPU is that of all processes of a peer.\n\n",
		time.Now().UTC().Format("2 January 2006"), r.rounds, r.round)
	fmt.Fprintf(&b, "%s, %s, TLS 1.3, P-256, bodies of 1 KiB; HTTP/1.1 over 64 connections, HTTP/2 over 16 with 32 streams each, HTTP/3 over 8 with 16.\n\n![Requests a second, as shares of nginx's](results.svg)\n\n", machine(), runtime.Version())
	b.WriteString("| peer | versions |\n|---|---|\n")
	for _, p := range r.peers {
		fmt.Fprintf(&b, "| %s | %s |\n", p, r.versions[p])
	}
	if len(r.missing) > 0 {
		fmt.Fprintf(&b, "\nLeft out: %s.\n", strings.Join(r.missing, "; "))
	}
	if len(r.failed) > 0 {
		fmt.Fprintf(&b, "\nTurns that failed: %s.\n", strings.Join(r.failed, "; "))
	}
	r.judged(&b)
	for i := range r.loads {
		r.table(&b, &r.loads[i])
	}
	r.grown(&b)
	return b.String()
}

// judged is the table of targets.
func (r *results) judged(b *strings.Builder) {
	b.WriteString("\n## Targets\n\nRatios of medians; of CPU, the other's by ours.\n\n| load | | of | at least | measured | |\n|---|---|---|---|---|---|\n")
	for _, t := range targets() {
		got, ok := r.ratio(t)
		if !ok {
			continue
		}
		word, kind := "met", t.peer
		if got < t.least {
			word = fmt.Sprintf("missed by %.0f %%", 100*(1-got/t.least))
		}
		if t.cpu {
			kind += ", CPU"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %.2f | %.2f | %s |\n", t.load, kind, t.other, t.least, got, word)
	}
	r.judgedMemory(b)
	b.WriteString("\nWhat was tried, and where the time goes: [NOTES.md](NOTES.md).\n")
}

// mostMemory is how many KiB an idle WebSocket may take.
const mostMemory = 24

func (r *results) judgedMemory(b *strings.Builder) {
	for i := range r.loads {
		m := &r.loads[i]
		if got := m.median(builtinName, rateOf); m.unit == kibEach && got > 0 {
			word := "met"
			if got > mostMemory {
				word = fmt.Sprintf("missed by %.0f %%", 100*(got/mostMemory-1))
			}
			fmt.Fprintf(b, "| %s | %s | KiB each, at most | %d | %.1f | %s |\n", m.name, builtinName, mostMemory, got, word)
		}
	}
}

func (r *results) table(b *strings.Builder, m *measured) {
	fmt.Fprintf(b, "\n## %s\n\n", m.name)
	if m.unit == kibEach {
		fmt.Fprintf(b, "%d of them, by the sum of proportional set sizes.\n\n| | KiB each |\n|---|---|\n", r.sockets)
		for _, p := range r.peers {
			if len(m.turns[p]) > 0 {
				fmt.Fprintf(b, "| %s | %.1f |\n", p, m.median(p, rateOf))
			}
		}
		return
	}
	fmt.Fprintf(b, "| | %s | of nginx | CPU µs | p50 | p99 |\n|---|---|---|---|---|---|\n", m.unit)
	reference := m.median(nginxName, rateOf)
	for _, p := range r.peers {
		if len(m.turns[p]) == 0 {
			continue
		}
		share := "–"
		if reference > 0 {
			share = fmt.Sprintf("%.2f", m.median(p, rateOf)/reference)
		}
		times := [2]string{"–", "–"}
		for i, f := range []func(turn) float64{func(t turn) float64 { return float64(t.p50) }, func(t turn) float64 { return float64(t.p99) }} {
			if d := time.Duration(m.median(p, f)); d > 0 {
				times[i] = d.Round(10 * time.Microsecond).String()
			}
		}
		fmt.Fprintf(b, "| %s | %.0f | %s | %.1f | %s | %s |\n", p, m.median(p, rateOf), share, m.median(p, cpuOf), times[0], times[1])
	}
}

// machine says in words what was measured on.
func machine() string {
	model := "an unknown processor"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	kernel := ""
	var u syscall.Utsname
	if syscall.Uname(&u) == nil {
		for _, c := range u.Release {
			if c == 0 {
				break
			}
			kernel += string(rune(c))
		}
	}
	return fmt.Sprintf("%d cores of %s, Linux %s", runtime.NumCPU(), model, kernel)
}
