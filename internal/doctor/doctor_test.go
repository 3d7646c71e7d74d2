package doctor

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"edgegen/internal/api"
	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/native"
	"edgegen/internal/site"
	"edgegen/internal/unixsocket"
)

// examine runs a Doctor on a site with self-signed certificates.
func examine(t *testing.T, state, text string) Report {
	t.Helper()
	path := filepath.Join(t.TempDir(), "site.hcl")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	report, err := Examine(t.Context(), Options{Site: path, StateDir: state})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// linesOf returns the lines of a group.
func linesOf(t *testing.T, r Report, name string) []Line {
	t.Helper()
	for _, group := range r.Groups {
		if group.Name == name {
			return group.Lines
		}
	}
	t.Fatalf("there is no group %q in %+v", name, r)
	return nil
}

func siteOn(address string) string {
	return `
edge {
  http  = ["127.0.0.1:0"]
  https = ["` + address + `"]
}
site "localhost" {
  tls { self_signed = true }
  route "/old" { redirect { to = "/new" } }
}
`
}

func TestDoctorMachine(t *testing.T) {
	state := filepath.Join(t.TempDir(), "a", "state")
	report, err := Examine(t.Context(), Options{StateDir: state})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, group := range report.Groups {
		names = append(names, group.Name)
	}
	want := []string{"site", "engines", "compiler", "user", "descriptors", "state directory", "differences"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("groups: %s", diff)
	}
	if _, err := os.Stat(filepath.Dir(state)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("looking made the state directory: %v", err)
	}
}

func TestDoctorSite(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	report := examine(t, state, siteOn("127.0.0.1:0"))
	for _, line := range linesOf(t, report, "listeners") {
		if line.Level != LevelOK {
			t.Errorf("listener: %+v", line)
		}
	}
	if line := linesOf(t, report, "certificates")[0]; line.Level != LevelNote || line.Subject != "localhost" {
		t.Errorf("certificate: %+v", line)
	}
	if _, err := os.Stat(state); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("looking made the state directory: %v", err)
	}

	report = examine(t, state, `site "a.test" { rout "/" {} }`)
	if line := linesOf(t, report, "site")[0]; report.OK || line.Level != LevelProblem || !strings.Contains(line.Text, "site.hcl:1: ") {
		t.Errorf("a site that is refused: %+v", line)
	}
	linesOf(t, report, "engines") // the machine is looked at all the same

	refused := (*config.Refused)(nil)
	_, err := Examine(t.Context(), Options{Site: filepath.Join(t.TempDir(), "none.hcl"), StateDir: state})
	if !errors.As(err, &refused) {
		t.Errorf("a site that is not there: %v", err)
	}
}

// The address of an edge that runs with the state directory is no problem, that
// of any other process is one.
func TestDoctorOccupied(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	state := filepath.Join(t.TempDir(), "state")
	if err := os.Mkdir(state, 0o700); err != nil {
		t.Fatal(err)
	}
	text := siteOn(listener.Addr().String())

	line := linesOf(t, examine(t, state, text), "listeners")[1]
	if line.Level != LevelProblem || !strings.Contains(line.Text, "in use by") || line.Remedy == "" {
		t.Errorf("without an edge: %+v", line)
	}

	serveStatus(t, state, api.Status{State: "ready", PID: os.Getpid(), Site: "site.hcl"})
	report := examine(t, state, text)
	line = linesOf(t, report, "listeners")[1]
	if line.Level != LevelOK || !strings.Contains(line.Text, "held by the running edge") {
		t.Errorf("with an edge: %+v", line)
	}
	lines := linesOf(t, report, "state directory")
	if line := lines[len(lines)-1]; line.Level != LevelOK || !strings.HasPrefix(line.Text, "ready, pid ") {
		t.Errorf("the edge: %+v", line)
	}
}

// serveStatus answers on the control socket as an edge would.
func serveStatus(t *testing.T, state string, status api.Status) {
	t.Helper()
	listener, err := unixsocket.Listen(state, api.Socket(state))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(status) // the test tells where this fails
	}), ReadHeaderTimeout: time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		<-served
	})
}

func TestBuiltinLine(t *testing.T) {
	tests := []struct {
		name   string
		wanted site.Engine
		err    error
		level  Level
		there  bool
	}{
		{"asked for, daemon there", site.Builtin, nil, LevelOK, true},
		{"asked for, daemon too old", site.Builtin, &native.FindError{Problem: native.TooOld}, LevelOK, false},
		{"not installed", site.Auto, &native.FindError{Problem: native.NotInstalled}, LevelOK, false},
		{"too old", site.Auto, &native.FindError{Problem: native.TooOld}, LevelWarning, false},
		{"unable", site.Auto, nil, LevelOK, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			line := builtinLine(generation.Chosen{Role: site.WebTier, Reason: "why"}, test.wanted, native.Daemon{Engine: site.Nginx, Version: "1.2"}, test.err)
			if line.Level != test.level || strings.Contains(line.Text, "nginx 1.2") != test.there || !strings.HasPrefix(line.Text, "builtin: why") {
				t.Errorf("%+v", line)
			}
		})
	}
}

func TestJudgeDescriptors(t *testing.T) {
	tests := []struct {
		name  string
		got   uint64
		tls   site.Engine
		level Level
		words string
	}{
		{"none to spare", 1_999, site.Builtin, LevelWarning, "too few"},
		{"two a connection", 2_000, site.Builtin, LevelOK, "just enough"},
		{"too few for stunnel", 2_047, site.Stunnel, LevelWarning, "too few"},
		{"enough for stunnel", 2_048, site.Stunnel, LevelOK, "just enough"},
		{"as many as asked for", 5_024, site.Stunnel, LevelOK, ", enough"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if line := judgeDescriptors(test.got, 1000, test.tls); line.Level != test.level || !strings.Contains(line.Text, test.words) {
				t.Errorf("%+v", line)
			}
		})
	}
}

func TestStanding(t *testing.T) {
	dir := t.TempDir()
	tests := []struct{ name, path, want string }{
		{"there", dir, dir},
		{"not there", filepath.Join(dir, "a", "b"), dir},
		{"root", "/", "/"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := standing(test.path); got != test.want {
				t.Errorf("standing = %q, want %q", got, test.want)
			}
		})
	}
}

func TestReportOf(t *testing.T) {
	report := reportOf([]Group{
		{"empty", nil},
		{"full", []Line{{Level: LevelOK}, {Level: LevelNote}, {Level: LevelWarning}, {Level: LevelProblem}, {Level: LevelProblem}}},
	})
	if report.OK || report.Problems != 2 || report.Warnings != 1 || len(report.Groups) != 1 {
		t.Errorf("%+v", report)
	}
	if report := reportOf(nil); !report.OK || report.Groups == nil {
		t.Errorf("nothing: %+v", report)
	}
}
