package supervise

import (
	"context"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	obedient = `touch $UP; exec sleep 300`
	deaf     = `trap '' TERM INT HUP; touch $UP; while :; do sleep 300; done`
	wrapped  = `sh -c 'trap "" TERM; sleep 301 & sleep 302 & wait' & touch $UP; wait`
	daemon   = `setsid sh -c 'trap "" TERM; touch $UP; while :; do sleep 300; done' & wait`
	wiped    = `env -i sleep 300 & touch $UP; wait`
	stopped  = `touch $UP; kill -STOP $$; sleep 300`
)

// family reads the ledger of a parent and returns what it lists.
func family(t *testing.T, directory string) *book {
	t.Helper()
	b, err := ledgerIn(directory).read(func(err error) { t.Error(err) })
	if err != nil || b == nil {
		t.Fatal("no ledger:", err)
	}
	return b
}

// gone waits until the processes, the guardian and the protected paths are no
// more.
func gone(t *testing.T, directory string, b *book, members []identity) {
	t.Helper()
	eventually(t, "everything is gone", func() bool {
		for _, id := range append(members, b.guardian) {
			if id.isAlive() {
				return false
			}
		}
		left, err := os.ReadDir(directory)
		return err == nil && len(left) == 0 && len(b.findLive()) == 0
	})
}

func TestP4NothingSurvivesSIGKILL(t *testing.T) {
	tests := map[string][]string{
		"nothing started":  nil,
		"obedient":         {obedient, obedient, obedient},
		"deaf":             {deaf},
		"wrapped and deaf": {wrapped},
		"another session":  {daemon},
		"no environment":   {wiped},
		"stopped":          {stopped},
		"all together":     {obedient, deaf, wrapped, daemon, wiped},
	}
	for name, scripts := range tests {
		t.Run(name, func(t *testing.T) {
			directory := t.TempDir()
			parent, line := played(t, append([]string{"parent", directory}, scripts...)...)
			if line != "up" {
				t.Fatal(line)
			}
			b := family(t, directory)
			members := b.findLive()
			if len(members) < len(scripts) {
				t.Fatalf("only %d processes", len(members))
			}
			killedAt := time.Now()
			if err := parent.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			gone(t, directory, b, members)
			if took := time.Since(killedAt); took > 2*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func TestP4KillDuringStart(t *testing.T) {
	t.Parallel()
	for _, delay := range []time.Duration{1, 5, 10, 20, 30, 50, 80} {
		directory := t.TempDir()
		command := exec.Command("/proc/self/exe", "parent", directory, deaf, daemon, obedient)
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(delay * time.Millisecond) // any moment will do
		command.Process.Kill()
		command.Wait()
		if report, err := CleanUp(t.Context(), directory); err != nil {
			t.Errorf("after %d ms: %+v, %v", delay, report, err)
		}
		eventually(t, "nothing is left", func() bool {
			for pid := range processes() {
				text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
				if err == nil && strings.Contains(string(text), "UP="+directory) {
					return false
				}
			}
			return true
		})
	}
}

func TestCleanStopLeavesNothing(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	command := exec.Command("/proc/self/exe", "parent", directory, obedient, wrapped, daemon)
	command.Stderr = os.Stderr
	// The parent stops when its stdin ends, which is at once.
	if output, err := command.Output(); err != nil || string(output) != "up\n" {
		t.Fatalf("%s %v", output, err)
	}
	left, err := os.ReadDir(directory)
	if err != nil || len(left) != 0 {
		t.Errorf("left in the directory: %v %v", left, err)
	}
}

func TestP4GuardianIsReplacedAndToldEverything(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	parent, line := played(t, "parent", directory, deaf)
	if line != "up" {
		t.Fatal(line)
	}
	first := family(t, directory).guardian
	if err := first.send(syscall.SIGTERM); err != nil || !first.isAlive() {
		t.Fatal("SIGTERM:", err)
	}
	if err := first.send(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "another guardian", func() bool { return family(t, directory).guardian != first })
	b := family(t, directory)
	members := b.findLive()
	if len(members) == 0 {
		t.Fatal("the child is gone")
	}
	parent.Process.Kill()
	gone(t, directory, b, members)
}

// TestP4GuardianThatWasToldNothing is one whose parent was killed right after
// it had named it in the ledger.
func TestP4GuardianThatWasToldNothing(t *testing.T) {
	for name, named := range map[string]bool{"in its own ledger": true, "in that of another run": false} {
		t.Run(name, func(t *testing.T) {
			child := alone(t, "sleep", "300")
			own, err := inspect(os.Getpid())
			if err != nil {
				t.Fatal(err)
			}
			l := ledgerIn(t.TempDir())
			g, err := startGuardian([]string{"guardian"}, l)
			if err != nil {
				t.Fatal(err)
			}
			b := &book{marker: strings.Repeat("0a", markerLength/2), boot: bootID(), since: own.start,
				groups: []group{{leader: child, name: "app"}}}
			if b.guardian = g.id; !named {
				b.guardian = own.identity
			}
			if err := l.write(b); err != nil {
				t.Fatal(err)
			}
			g.pipe.Close()
			<-g.exited
			if child.isAlive() == named {
				t.Errorf("the child is alive: %v", !named)
			}
		})
	}
}

func TestP4NextRunEndsWhatBothKilledLeft(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	parent, line := played(t, "parent", directory, deaf, daemon, wiped)
	if line != "up" {
		t.Fatal(line)
	}
	b := family(t, directory)
	members := b.findLive()
	parent.Process.Signal(syscall.SIGSTOP) // or it would replace the guardian
	if err := b.guardian.send(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	parent.Process.Kill()
	parent.Wait()
	stranger := alone(t, "sleep", "300")
	report, err := CleanUp(t.Context(), directory)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Ended) < 2 {
		t.Errorf("report %+v", report)
	}
	gone(t, directory, b, members)
	if !stranger.isAlive() {
		t.Error("a stranger was ended")
	}
	if again, err := CleanUp(t.Context(), directory); err != nil || len(again.Ended) != 0 {
		t.Errorf("again: %+v, %v", again, err)
	}
}

func TestP4CleanUpSparesStrangers(t *testing.T) {
	stranger := alone(t, "sleep", "300")
	file := filepath.Join(t.TempDir(), "member")
	alone(t, "sh", "-c", "sleep 300 & echo $! >"+file) // its leader ends, it stays
	member := numberIn(t, file)
	info, err := inspect(member.pid)
	if err != nil {
		t.Fatal(err)
	}
	marker := strings.Repeat("a", markerLength)
	tests := map[string]group{
		"another start time":         {leader: identity{stranger.pid, stranger.start - 1}},
		"a group without its leader": {leader: identity{info.group, 1}, session: info.session},
	}
	for name, entry := range tests {
		t.Run(name, func(t *testing.T) {
			directory := t.TempDir()
			kept := book{marker: marker, boot: bootID(), groups: []group{entry}, guardian: identity{stranger.pid, 1}}
			if err := ledgerIn(directory).write(&kept); err != nil {
				t.Fatal(err)
			}
			report, err := CleanUp(t.Context(), directory)
			if err != nil || len(report.Ended) != 0 {
				t.Errorf("report %+v, %v", report, err)
			}
			if !stranger.isAlive() || !member.isAlive() {
				t.Error("a stranger was ended")
			}
		})
	}
	t.Run("another boot", func(t *testing.T) {
		directory := t.TempDir()
		kept := book{marker: marker, boot: "another", groups: []group{{leader: stranger}}}
		if err := ledgerIn(directory).write(&kept); err != nil {
			t.Fatal(err)
		}
		if report, err := CleanUp(t.Context(), directory); err != nil || len(report.Ended) != 0 || !stranger.isAlive() {
			t.Errorf("report %+v, %v", report, err)
		}
	})
}

func TestCleanUpReadsLedgersWithCare(t *testing.T) {
	write := func(t *testing.T, text string, mode os.FileMode) string {
		directory := t.TempDir()
		if err := os.WriteFile(directory+"/ledger", []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(directory+"/ledger", mode); err != nil {
			t.Fatal(err)
		}
		return directory
	}
	t.Run("none", func(t *testing.T) {
		if report, err := CleanUp(t.Context(), t.TempDir()); err != nil || len(report.Ignored) != 0 {
			t.Errorf("%+v, %v", report, err)
		}
	})
	t.Run("rubbish", func(t *testing.T) {
		directory := write(t, "\x00\xff\nwhat\npath \"/\"\npath \"relative\"\ngroup 1 1 1 \"init\"\n", 0o600)
		report, err := CleanUp(t.Context(), directory)
		if err != nil || len(report.Ignored) != 5 || len(report.Ended) != 0 {
			t.Errorf("%+v, %v", report, err)
		}
	})
	t.Run("writable by others", func(t *testing.T) {
		if _, err := CleanUp(t.Context(), write(t, "", 0o666)); err == nil {
			t.Error("no error")
		}
	})
	t.Run("a link", func(t *testing.T) {
		directory := t.TempDir()
		if err := os.Symlink("/dev/null", directory+"/ledger"); err != nil {
			t.Fatal(err)
		}
		if _, err := CleanUp(t.Context(), directory); err == nil {
			t.Error("no error")
		}
	})
}

func TestOpenInstanceWithABrokenGuardian(t *testing.T) {
	t.Parallel()
	_, err := OpenInstance(InstanceConfig{Directory: t.TempDir(), Guardian: []string{"limits", "1"}})
	if err == nil || !strings.Contains(err.Error(), "start guardian") {
		t.Errorf("got %v", err)
	}
}

func TestDeathSignalAlone(t *testing.T) {
	t.Parallel()
	users := map[string]string{"same user": strconv.Itoa(os.Getuid())}
	if os.Getuid() == 0 {
		if other, err := user.Lookup("www-data"); err == nil {
			users["www-data"] = other.Uid
		}
	}
	for name, uid := range users {
		t.Run(name, func(t *testing.T) {
			parent, line := played(t, "bare-parent", uid)
			pid, err := strconv.Atoi(line)
			if err != nil {
				t.Fatal(line)
			}
			sleeping, err := inspect(pid)
			if err != nil {
				t.Fatal(err)
			}
			owner, err := os.Stat("/proc/" + line)
			if err != nil {
				t.Fatal(err)
			}
			if got := strconv.Itoa(int(owner.Sys().(*syscall.Stat_t).Uid)); got != uid {
				t.Errorf("runs as %s", got)
			}
			parent.Process.Kill()
			eventually(t, "the sleep ends", func() bool { return !sleeping.isAlive() })
		})
	}
}

func TestCloseEndsAndRemoves(t *testing.T) {
	directory := t.TempDir()
	instance, err := OpenInstance(InstanceConfig{Directory: directory, Guardian: []string{"guardian"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"socket", "stays"} {
		if err := os.WriteFile(filepath.Join(directory, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := instance.RemoveAtEnd(filepath.Join(directory, "socket")); err != nil {
		t.Fatal(err)
	}
	if err := instance.RemoveAtEnd("/"); err == nil {
		t.Error("the root may be removed")
	}
	guardian := instance.book.guardian
	if err := instance.Close(context.Background()); err != nil {
		t.Error(err)
	}
	left, err := os.ReadDir(directory)
	if err != nil || len(left) != 1 || left[0].Name() != "stays" {
		t.Errorf("left: %v %v", left, err)
	}
	if guardian.isAlive() {
		t.Error("the guardian lives")
	}
}
