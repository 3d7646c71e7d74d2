package native

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"edgegen/internal/site"
)

func TestLocateVCC(t *testing.T) {
	const file = "/run/edge/default.vcl"
	for _, test := range []struct {
		name, message, file string
		want                []Position
	}{
		{"a warning before an error", `Message from VCC-compiler:
Backend path: Cannot stat: No such file or directory
('/run/edge/default.vcl' Line 3 Pos 27)
backend default { .path = "/run/sock"; }
--------------------------###########---

(That was just a warning)
Symbol not found: 'req.backend'
At: ('/run/edge/default.vcl' Line 5 Pos 7) -- (Pos 17)
  set req.backend = default;
------###########-----------

Running VCC-compiler failed, exited with 2
VCL compilation failed
`, file, []Position{
			{file, 3, "Backend path: Cannot stat: No such file or directory", true},
			{file, 5, "Symbol not found: 'req.backend'", false},
		}},
		{"program line", `Message from VCC-compiler:
Expected ')' got '{'
(program line 70), at
('/run/edge/default.vcl' Line 4 Pos 18)
  if (req.http.x {
-----------------#
`, file, []Position{{file, 4, "Expected ')' got '{'", false}}},
		{"unterminated", `Unterminated string, starting at
('/run/edge/default.vcl' Line 4 Pos 20)
  set req.http.x = "abc
-------------------#---
`, file, []Position{{file, 4, "Unterminated string", false}}},
		{"two places, one message over several lines", `Message from VCC-compiler:
Backend host '"no.such.invalid"' could not be resolved to an IP address:
	Name or service not known
(Sorry if that error message is gibberish.)
('/run/edge/default.vcl' Line 3 Pos 21)
backend b { .host = "no.such.invalid"; }
--------------------#################---
In backend specification starting at:
('/run/edge/default.vcl' Line 2 Pos 1)
backend b { .host = "no.such.invalid"; }
#######---------------------------------
`, file, []Position{
			{file, 3, `Backend host '"no.such.invalid"' could not be resolved to an IP address: Name or service not known (Sorry if that error message is gibberish.)`, false},
			{file, 2, "In backend specification", false},
		}},
		{"a message over two lines of VCL", `Regexp compilation error:

missing closing parenthesis

('/run/edge/default.vcl' Line 6 Pos 4)
   "(") {}
----------
[...]
('/run/edge/default.vcl' Line 5 Pos 15)
  if (req.url ~
---------------
`, file, []Position{{file, 6, "Regexp compilation error: missing closing parenthesis", false}}},
		{"unused", `Unused backend other, defined:
('/run/edge/default.vcl' Line 4 Pos 9)
backend other { .host = "127.0.0.1"; }
--------#####-------------------------
`, file, []Position{{file, 4, "Unused backend other", false}}},
		{"place alone", "('/run/edge/default.vcl' Line 4 Pos 9)", file, []Position{{file, 4, "", false}}},
		{"another file", "Bad\n('/run/edge/other.vcl' Line 4 Pos 9)\n", file, nil},
		{"any file", "Bad\n('/run/edge/other.vcl' Line 4 Pos 9)\n", "", []Position{{"/run/edge/other.vcl", 4, "Bad", false}}},
		{"name with quote", "Bad\n('/run/it's/default.vcl' Line 4 Pos 9)\n", file, []Position{{"/run/it's/default.vcl", 4, "Bad", false}}},
		{"no place", "VCL compiled.\n", file, nil},
		{"nothing", "", file, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, LocateVCC(test.message, test.file)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLocateNginx(t *testing.T) {
	const file = "/run/edge/nginx.conf"
	for _, test := range []struct {
		name, message string
		want          []Position
	}{
		{"test on standard error", "nginx: [emerg] unknown directive \"foo\" in /run/edge/nginx.conf:3\nnginx: configuration file /run/edge/nginx.conf test failed\n",
			[]Position{{file, 3, `unknown directive "foo"`, false}}},
		{"log", "2026/11/23 04:52:35 [emerg] 14063#14063: invalid port in \"127.0.0.1:99999\" of the \"listen\" directive in /run/edge/nginx.conf:12\n",
			[]Position{{file, 12, `invalid port in "127.0.0.1:99999" of the "listen" directive`, false}}},
		{"warning", "nginx: [warn] the \"user\" directive makes sense only if the master process runs with super-user privileges, ignored in /run/edge/nginx.conf:1\n",
			[]Position{{file, 1, `the "user" directive makes sense only if the master process runs with super-user privileges, ignored`, true}}},
		{"space in the path", "nginx: [emerg] unknown directive \"foo\" in /run/my edge/nginx.conf:2",
			[]Position{{"/run/my edge/nginx.conf", 2, `unknown directive "foo"`, false}}},
		{"without a place", "nginx: [emerg] cannot load certificate \"/nothere\": BIO_new_file() failed\n", nil},
		{"another file", "nginx: [emerg] unknown directive \"foo\" in /etc/nginx/mime.types:2", nil},
		{"a request's message", "2026/11/23 04:52:35 [error] 1#1: *4 open() \"/srv/in /a:1\" failed (2: No such file or directory)", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, LocateNginx(test.message, file)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLocateStunnel(t *testing.T) {
	const file = "/run/edge/stunnel.conf"
	for _, test := range []struct {
		name, message string
		want          []Position
	}{
		{"at the start", "[.] Reading configuration from file /run/edge/stunnel.conf\n[!] /run/edge/stunnel.conf:5: \"foo = bar\": Specified option name is not valid here\n[!] Configuration failed\n",
			[]Position{{file, 5, `"foo = bar": Specified option name is not valid here`, false}}},
		{"at a reload", "2026.11.23 05:02:54 LOG3[ui]: /run/edge/stunnel.conf:8: \"foo=bar\": Specified option name is not valid here\n2026.11.23 05:02:54 LOG3[ui]: Configuration failed\n",
			[]Position{{file, 8, `"foo=bar": Specified option name is not valid here`, false}}},
		{"no option", "[!] /run/edge/stunnel.conf:4: \"garbage\": No '=' found", []Position{{file, 4, `"garbage": No '=' found`, false}}},
		{"link resolved", "[!] /private/run/stunnel.conf:4: \"garbage\": No '=' found", []Position{{"/private/run/stunnel.conf", 4, `"garbage": No '=' found`, false}}},
		{"an address", "2026.11.23 05:02:54 LOG5[0]: Service [https] accepted connection from 127.0.0.1:54321", nil},
		{"without a place", "[!] Service [a]: Failed to initialize TLS context\n", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, LocateStunnel(test.message, file)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The daemons themselves are asked for one message each, so that a change of
// their wording is noticed.
func TestLocateWhatTheDaemonsSay(t *testing.T) {
	for _, test := range []struct {
		engine    site.Engine
		name      string
		text      string
		arguments func(file, directory string) []string
		locate    func(message, file string) []Position
		want      Position
	}{
		{site.Stunnel, "stunnel.conf", "foreground = yes\npid =\nnonsense = yes\n",
			func(file, _ string) []string { return []string{file} },
			LocateStunnel, Position{Line: 3, Text: `"nonsense = yes": Specified option name is not valid here`}},
		{site.Varnish, "default.vcl", "vcl 4.1;\nbackend default none;\nsub vcl_recv { set req.nonsense = 1; }\n",
			func(file, directory string) []string {
				return []string{"-C", "-n", filepath.Join(directory, "work"), "-f", file}
			},
			LocateVCC, Position{Line: 3, Text: "Symbol not found: 'req.nonsense'"}},
		{site.Nginx, "nginx.conf", "events {}\nnonsense;\n",
			func(file, _ string) []string { return []string{"-t", "-e", "stderr", "-c", file} },
			LocateNginx, Position{Line: 2, Text: `unknown directive "nonsense"`}},
	} {
		t.Run(string(test.engine), func(t *testing.T) {
			daemon := installed(t, test.engine)
			directory := publicDirectory(t)
			file := filepath.Join(directory, test.name)
			if err := os.WriteFile(file, []byte(test.text), 0o644); err != nil {
				t.Fatal(err)
			}
			output, err := exec.CommandContext(t.Context(), daemon.Path, test.arguments(file, directory)...).CombinedOutput()
			if err == nil {
				t.Fatalf("%s accepted nonsense: %s", daemon.Path, output)
			}
			test.want.File = file
			if diff := cmp.Diff([]Position{test.want}, test.locate(string(output), file)); diff != "" {
				t.Errorf("%s\nfrom: %s", diff, output)
			}
		})
	}
}

func TestIsAboutVCL(t *testing.T) {
	const warned = `Message from VCC-compiler:
Backend path: Cannot stat: No such file or directory
('/run/edge/default.vcl' Line 3 Pos 27)
backend default { .path = "/run/sock"; }
--------------------------###########---

(That was just a warning)
`
	for _, test := range []struct {
		name, message string
		want          bool
	}{
		{"an error", "Message from VCC-compiler:\nSymbol not found: 'req.nonsense'\nAt: ('/run/edge/default.vcl' Line 3 Pos 20) -- (Pos 31)\n" +
			"sub vcl_recv { set req.nonsense = 1; }\n-------------------############-------\n\nRunning VCC-compiler failed, exited with 2\nVCL compilation failed\n", true},
		{"an error after a warning", warned + "Expected ';' got '}'\n(program line 4), at\n('/run/edge/default.vcl' Line 9 Pos 1)\n}\n#\n\nRunning VCC-compiler failed, exited with 2\n", true},
		{"a full disk", "Could not write C-source to vgc.c: Success\nRunning VCC-compiler failed, exited with 2\nVCL compilation failed\n", false},
		{"a full disk after a warning", warned + "Could not write C-source to vgc.c: Success\nRunning VCC-compiler failed, exited with 2\nVCL compilation failed\n", false},
		{"killed", "Running VCC-compiler failed, signal 9\nVCL compilation failed\n", false},
		{"the C compiler", warned + "Message from C-compiler:\n/usr/bin/ld: final link failed: No space left on device\nRunning C-compiler failed, exited with 1\n", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := IsAboutVCL(test.message); got != test.want {
				t.Errorf("got %t, want %t", got, test.want)
			}
		})
	}
}

// A limit on the size of files stands for a full disk: varnishd is asked what
// it says of a VCL that it cannot write down, with and without an error in it.
func TestIsAboutVCLWhereThereIsNoRoom(t *testing.T) {
	daemon := installed(t, site.Varnish)
	directory := publicDirectory(t)
	for _, test := range []struct {
		name, text string
		want       bool
	}{
		{"good", "vcl 4.1;\nbackend web { .path = \"/no/such/socket\"; }\n", false},
		{"bad", "vcl 4.1;\nbackend web { .path = \"/no/such/socket\"; }\nsub vcl_recv { set req.nonsense = 1; }\n", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(directory, test.name+".vcl")
			if err := os.WriteFile(file, []byte(test.text), 0o644); err != nil {
				t.Fatal(err)
			}
			// Twenty blocks of 512 bytes are enough for all but the C source.
			output, err := exec.CommandContext(t.Context(), "sh", "-c", `ulimit -f 20 && exec "$0" -C -n "$1" -f "$2"`,
				daemon.Path, filepath.Join(directory, "work"), file).CombinedOutput()
			if err == nil {
				t.Fatal("the VCL was compiled")
			}
			if got := IsAboutVCL(string(output)); got != test.want {
				t.Errorf("got %t, want %t, of: %s", got, test.want, output)
			}
		})
	}
}

func TestLocateService(t *testing.T) {
	rendered := []byte("; stunnel.conf\n[https-1]\naccept = x\n\n; site.hcl:7: b.test\n[https-1 b.test]\nsni = y\n")
	message := "2026.11.23 05:02:54 LOG3[ui]: Service [https-1 b.test]: Failed to initialize TLS context\n" +
		"2026.11.23 05:02:54 LOG3[ui]: Service [gone]: Failed\nConfiguration failed\n"
	got := LocateService(message, rendered)
	if len(got) != 1 || got[0].Line != 6 || got[0].Text != "Failed to initialize TLS context" {
		t.Fatalf("%+v", got)
	}
}
