package systemd_test

import (
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"edgegen/internal/config"
)

// The example's units are tested here, beside what they rely on.
const (
	example   = "../../examples/systemd"
	installed = "/usr/local/bin/edgegen"
)

// analyze runs systemd-analyze on copies of the units that name a program
// which is there, and returns what it says about them.
func analyze(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("systemd-analyze is not installed")
		}
		t.Skip("systemd-analyze is not installed: the units of examples/systemd are not verified")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"edgegen.service", "edgegen.socket"} {
		unit := strings.ReplaceAll(read(t, name), installed, program)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(unit), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.CommandContext(t.Context(), tool, arguments...)
	command.Dir = dir
	out, err := command.CombinedOutput()
	return string(out), err
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(example, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// values returns what a key of a unit is set to, line by line.
func values(unit, key string) []string {
	var found []string
	for line := range strings.Lines(unit) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), key+"="); ok {
			found = append(found, value)
		}
	}
	return found
}

func TestUnitsVerify(t *testing.T) {
	out, err := analyze(t, "verify", "--man=no", "--recursive-errors=no", "./edgegen.service", "./edgegen.socket")
	// What is only ignored is said, and is no failure for systemd.
	if err != nil || strings.Contains(out, "edgegen") {
		t.Errorf("%v\n%s", err, out)
	}
}

// What an edge does not need it must not have: at most 2.0 of 10.
func TestUnitIsHardened(t *testing.T) {
	if out, err := analyze(t, "security", "--no-pager", "--offline=true", "--threshold=20", "./edgegen.service"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// The sockets that systemd opens are those that the site names, so that edgegen
// needs no right to open any.
func TestUnitsFitTheSite(t *testing.T) {
	loaded, diagnostics := config.Load(filepath.Join(example, "site.hcl"))
	if len(diagnostics) > 0 {
		t.Fatal(diagnostics)
	}
	service, socket := read(t, "edgegen.service"), read(t, "edgegen.socket")
	var opened, wanted []string
	for _, text := range values(socket, "ListenStream") {
		address, err := netip.ParseAddrPort(text)
		if err != nil {
			t.Fatal(err)
		}
		opened = append(opened, address.String())
	}
	for _, listener := range append(slices.Clone(loaded.Edge.HTTP), loaded.Edge.HTTPS...) {
		wanted = append(wanted, listener.Address.String())
	}
	slices.Sort(opened)
	slices.Sort(wanted)
	if diff := cmp.Diff(wanted, opened); diff != "" {
		t.Error(diff)
	}
	if only := values(socket, "BindIPv6Only"); !slices.Equal(only, []string{"ipv6-only"}) {
		t.Errorf("BindIPv6Only=%q", only)
	}
	stop, err := time.ParseDuration(values(service, "TimeoutStopSec")[0])
	if drain := loaded.Edge.Timeout.Drain; err != nil || stop < drain+10*time.Second {
		t.Errorf("%v; the stop may take %s, and waits for requests for %s", err, stop, drain)
	}
}
