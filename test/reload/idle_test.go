package reload

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"edgegen/internal/site"
	"edgegen/test/edge"
)

// TestNothing holds R3 for a reload without a change: no process gets a signal,
// varnishd no command, no file is written.
func TestNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []edge.Combination{edge.Native, edge.BuiltIn} {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c)
			e := w.Run()
			before := w.take(e)
			if plan, result := e.Plan(); result.Code != 0 || plan.Changes() {
				t.Errorf("plan exits with %d: %s%s", result.Code, result.Out, result.Err)
			}
			seen := w.traced(e, func() {
				if result := e.Reload(); result.Code != 0 {
					t.Errorf("reload exits with %d: %s", result.Code, result.Err)
				}
			})
			for _, one := range seen {
				t.Errorf("a reload without a change does this: %s", one)
			}
			w.same(before, w.take(e))

			// The trace would have shown it.
			w.next()
			seen = w.traced(e, func() { w.reload(e) })
			if len(seen) == 0 && c.Has(site.Nginx) {
				t.Error("a reload with a change is not seen either")
			}
			w.serves(e, 1)
			e.Stop()
		})
	}
}

// traced returns the signals and commands that edgegen sends to others while
// the function runs.
func (w *world) traced(e *edge.Edge, during func()) []string {
	w.t.Helper()
	program, err := exec.LookPath("strace")
	if err != nil {
		edge.Skip(w.t, "what a reload does: strace is not installed")
	}
	output := w.Path("trace")
	said := edge.NewTranscript()
	trace := exec.Command(program, "-f", "-yy", "-s", "200", "-o", output, "-p", fmt.Sprint(e.PID()),
		"-e", "trace=kill,tkill,tgkill,pidfd_send_signal,write,writev,sendto,sendmsg")
	trace.Stderr = said
	if err := trace.Start(); err != nil {
		w.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = trace.Wait() }() // strace ends by our signal
	select {
	case <-said.Holds("attached"):
	case <-ended:
		edge.Skip(w.t, "what a reload does: strace says %s", said.Text())
	}
	during()
	if err := trace.Process.Signal(syscall.SIGINT); err != nil {
		w.t.Error(err)
	}
	<-ended
	text, err := os.ReadFile(output)
	if err != nil {
		w.t.Fatal(err)
	}
	if !strings.Contains(string(text), "control.sock") {
		w.t.Fatalf("the trace does not even show the control socket:\n%.2000s", text)
	}
	return w.told(e, string(text))
}

var (
	signalCall  = regexp.MustCompile(`\b(?:kill|tkill|tgkill|pidfd_send_signal)\((?:(\d+)<?[^,]*), .*(SIG[A-Z0-9]+|0)\)`)
	dialledBack = regexp.MustCompile(`\b(?:write|writev|sendto|sendmsg)\(\d+<TCP:\[(127\.[0-9.]+:\d+)->`)
)

// told finds in a trace what was told to others. The Go runtime sends signals
// to its own threads.
func (w *world) told(e *edge.Edge, trace string) []string {
	w.t.Helper()
	varnish := commandLines(e)
	var found []string
	for line := range strings.Lines(trace) {
		if signal := signalCall.FindStringSubmatch(line); signal != nil && signal[1] != fmt.Sprint(e.PID()) && signal[2] != "0" {
			found = append(found, strings.TrimSpace(line))
		}
		if call := dialledBack.FindStringSubmatch(line); call != nil && varnish[call[1]] && !strings.Contains(line, `"ping`) {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}

// commandLines are edgegen's own addresses to which varnishd has dialled back:
// those whose other end is a socket of varnishd's.
func commandLines(e *edge.Edge) map[string]bool {
	theirs := map[string]bool{}
	for _, p := range e.Family() {
		if p.Name != "varnishd" {
			continue
		}
		for _, target := range edge.Descriptors(p.PID) {
			theirs[strings.TrimSuffix(strings.TrimPrefix(target, "socket:["), "]")] = true
		}
	}
	found := map[string]bool{}
	table, _ := os.ReadFile("/proc/net/tcp") // without it nothing is found, and the second trace fails
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line)
		if len(fields) > 9 && theirs[fields[9]] {
			found[decode(fields[2])] = true
		}
	}
	return found
}

// decode reads an address as the kernel writes it: 0100007F:1F90.
func decode(text string) string {
	var a, b, c, d byte
	var port uint16
	if _, err := fmt.Sscanf(text, "%02X%02X%02X%02X:%04X", &d, &c, &b, &a, &port); err != nil {
		return ""
	}
	return fmt.Sprintf("%v:%d", net.IPv4(a, b, c, d), port)
}
