package native

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"edgegen/internal/site"
)

// installed finds the real daemon, or skips the test. Where CI is set a missing
// daemon is a failure.
func installed(t *testing.T, engine site.Engine) Daemon {
	t.Helper()
	daemon, err := Find(t.Context(), engine, Directories(os.Getenv("PATH")))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("not covered here: %v", err)
	}
	return daemon
}

// publicDirectory is a temporary directory into which other users may look:
// started by root, varnishd reads its files as a user of its own.
func publicDirectory(t *testing.T) string {
	t.Helper()
	directory := t.TempDir()
	if err := os.Chmod(filepath.Dir(directory), 0o755); err != nil {
		t.Fatal(err)
	}
	return directory
}

// program puts an executable shell script into the directory.
func fakeProgram(t *testing.T, directory, name, script string) {
	t.Helper()
	if err := os.MkdirAll(directory, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(directory, name), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
}

// printing is a script that prints the text on standard error.
func printing(text string) string {
	return "cat >&2 <<'TEXT'\n" + text + "\nTEXT\n"
}

func TestFindRealDaemons(t *testing.T) {
	for engine, feature := range map[site.Engine]string{
		site.Stunnel: "SNI",
		site.Varnish: "pipe_timeout",
		site.Nginx:   "with-http_gzip_static_module",
	} {
		t.Run(string(engine), func(t *testing.T) {
			daemon := installed(t, engine)
			if !filepath.IsAbs(daemon.Path) || daemon.Version == "" || !daemon.Has(feature) {
				t.Errorf("found %+v, want an absolute path, a version, and %s", daemon, feature)
			}
			if engine == site.Varnish && !filepath.IsAbs(daemon.Logs) {
				t.Errorf("varnishlog is %q, want an absolute path", daemon.Logs)
			}
			t.Log(daemon.Path, daemon.Version)
		})
	}
}

func TestFindNames(t *testing.T) {
	const varnish = `if [ "$1" = -V ]; then echo "varnishd (varnish-7.1.1 revision 7cee1c58)" >&2; exit; fi
printf 'pipe_timeout\n~~~~~~~~~~~~\n\t* Units: seconds\n\nban_dups\n~~~~~~~~\n'`
	directory := t.TempDir()
	first, second, third := filepath.Join(directory, "first"), filepath.Join(directory, "second"), filepath.Join(directory, "third")
	fakeProgram(t, first, "stunnel", printing("stunnel 5.40 on x86_64-pc-linux-gnu platform\nThreading:PTHREAD Sockets:POLL,SYSTEMD"))
	fakeProgram(t, first, "varnishlog", "")
	fakeProgram(t, second, "stunnel4", printing("stunnel 5.68 on x86_64-pc-linux-gnu platform\nThreading:PTHREAD Sockets:POLL,SYSTEMD TLS:SNI"))
	fakeProgram(t, second, "vinyld", strings.Replace(varnish, "varnishd (varnish-7.1.1", "vinyld (vinyl-cache-9.0.0", 1))
	fakeProgram(t, third, "varnishd", varnish)
	fakeProgram(t, third, "vinyllog", "")
	if err := os.WriteFile(filepath.Join(first, "nginx"), []byte("not executable"), 0o644); err != nil {
		t.Fatal(err)
	}
	fakeProgram(t, second, "nginx", printing("nginx version: nginx/1.22.1\nconfigure arguments: --with-cc-opt='-g -O2' --with-http_gzip_static_module --with-mail=dynamic"))

	for _, test := range []struct {
		name        string
		engine      site.Engine
		directories []string
		want        Daemon
	}{
		{"one that is too old is passed over", site.Stunnel, []string{first, second},
			Daemon{Path: second + "/stunnel4", Version: "5.68", Features: []string{"POLL", "PTHREAD", "SNI", "SYSTEMD"}}},
		{"a file that cannot be run is passed over", site.Nginx, []string{first, second},
			Daemon{Path: second + "/nginx", Version: "1.22.1", Features: []string{"with-cc-opt", "with-http_gzip_static_module", "with-mail"}}},
		{"varnish under its new name", site.Varnish, []string{second},
			Daemon{Path: second + "/vinyld", Version: "9.0.0", Features: []string{"ban_dups", "pipe_timeout"}}},
		{"its log beside the daemon before another", site.Varnish, []string{first, third},
			Daemon{Path: third + "/varnishd", Version: "7.1.1", Features: []string{"ban_dups", "pipe_timeout"}, Logs: third + "/vinyllog"}},
		{"its log elsewhere", site.Varnish, []string{second, first},
			Daemon{Path: second + "/vinyld", Version: "9.0.0", Features: []string{"ban_dups", "pipe_timeout"}, Logs: first + "/varnishlog"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.want.Engine = test.engine
			got, err := Find(t.Context(), test.engine, test.directories)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFindProblems(t *testing.T) {
	for _, test := range []struct {
		name, program, script string
		engine                site.Engine
		problem               Problem
		want                  string
	}{
		{"nothing there", "other", "", site.Varnish, NotInstalled,
			"varnish is not installed: no varnishd or vinyld in PATH or the sbin directories; install the package varnish"},
		{"stunnel's package name", "other", "", site.Stunnel, NotInstalled,
			"stunnel is not installed: no stunnel or stunnel4 in PATH or the sbin directories; install the package stunnel4 (Debian, Ubuntu) or stunnel"},
		{"exits with an error", "nginx", "echo cannot open shared object file >&2; exit 127", site.Nginx, DoesNotRun,
			"nginx (DIR/nginx) does not run: -V: exit status 127: cannot open shared object file"},
		{"says something else", "nginx", "echo hello", site.Nginx, NotUnderstood,
			`nginx (DIR/nginx) has a version that is not understood: "hello"`},
		{"says nothing", "nginx", "exit 0", site.Nginx, NotUnderstood,
			`nginx (DIR/nginx) has a version that is not understood: ""`},
		{"built without a module", "nginx", "echo nginx version: nginx/1.22.1; echo configure arguments: --with-debug", site.Nginx, MissingFeature,
			"nginx 1.22.1 (DIR/nginx) was built without with-http_gzip_static_module, which serves compressed files that lie beside the originals"},
		{"too old", "varnishd", "echo 'varnishd (varnish-6.0.13 revision abc)'", site.Varnish, TooOld,
			"varnish 6.0.13 (DIR/varnishd) is too old: at least 6.2 is needed, which has VCL 4.1, Unix sockets, and JSON on its command line"},
		{"without socket activation", "stunnel", printing("stunnel 5.72 on x86_64-alpine-linux-musl platform\nThreading:PTHREAD Sockets:POLL,IPv6 TLS:ENGINE,OCSP,PSK,SNI"),
			site.Stunnel, MissingFeature,
			"stunnel 5.72 (DIR/stunnel) was built without SYSTEMD, the socket activation by which edgegen hands it the public listeners"},
	} {
		t.Run(test.name, func(t *testing.T) {
			directory := t.TempDir()
			fakeProgram(t, directory, test.program, test.script)
			_, err := Find(t.Context(), test.engine, []string{directory})
			var problem *FindError
			if !errors.As(err, &problem) {
				t.Fatalf("error %v, want a *FindError", err)
			}
			if problem.Problem != test.problem {
				t.Errorf("problem %d, want %d", problem.Problem, test.problem)
			}
			if got := strings.ReplaceAll(err.Error(), directory, "DIR"); got != test.want {
				t.Errorf("error\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestFindEndsWithItsContext(t *testing.T) {
	directory := t.TempDir()
	fakeProgram(t, directory, "nginx", "exec sleep 60")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Find(ctx, site.Nginx, []string{directory}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

func TestFindIsForDaemonsOnly(t *testing.T) {
	for _, engine := range []site.Engine{site.Auto, site.Builtin, "", "apache"} {
		if _, err := Find(t.Context(), engine, nil); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", engine)) {
			t.Errorf("%q: error %v, want one that names it", engine, err)
		}
	}
}

func TestDirectories(t *testing.T) {
	for _, test := range []struct {
		name, path string
		want       []string
	}{
		{"empty", "", []string{"/usr/local/sbin", "/usr/sbin", "/sbin"}},
		{"ordinary user", "/usr/bin:/bin", []string{"/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"}},
		{"each once", "/sbin:/bin:/sbin", []string{"/sbin", "/bin", "/usr/local/sbin", "/usr/sbin"}},
		{"nothing relative", ".::bin:/bin", []string{"/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Directories(test.path)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
