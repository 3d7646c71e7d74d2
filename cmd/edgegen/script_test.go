package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"edgegen": main})
}

// TestScript runs the verbs as a shell would. Everything that needs a daemon is
// tested elsewhere.
func TestScript(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			// A home of its own, so that nobody's state is touched.
			env.Setenv("HOME", env.WorkDir)
			// The race detector would have every edgegen sleep at its end.
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "default-state"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
			"mode":  mode,
			"json":  validJSON,
			"plain": plain,
		},
	})
}

// exits CODE COMMAND… runs a command and holds its exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if exit := (interface{ ExitCode() int })(nil); err != nil {
		var ok bool
		if exit, ok = err.(interface{ ExitCode() int }); !ok {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// mode OCTAL FILE… holds the permissions of files.
func mode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: mode OCTAL FILE…")
	}
	for _, name := range args[1:] {
		info, err := os.Stat(ts.MkAbs(name))
		ts.Check(err)
		if got := fmt.Sprintf("%o", info.Mode().Perm()); got != args[0] {
			ts.Fatalf("%s has mode %s, want %s", name, got, args[0])
		}
	}
}

// json FILE [PATH VALUE]… holds that a file or stdout is one JSON value, and
// what stands in it: "diagnostics.0.line 3".
func validJSON(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args)%2 != 1 {
		ts.Fatalf("usage: json FILE [PATH VALUE]…")
	}
	decoder := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	decoder.UseNumber()
	var whole any
	ts.Check(decoder.Decode(&whole))
	if decoder.More() {
		ts.Fatalf("%s holds more than one value", args[0])
	}
	for rest := args[1:]; len(rest) > 0; rest = rest[2:] {
		value := whole
		for step := range strings.SplitSeq(rest[0], ".") {
			switch at := value.(type) {
			case map[string]any:
				value = at[step]
			case []any:
				index, err := strconv.Atoi(step)
				if err != nil || index >= len(at) {
					ts.Fatalf("%s: there is no %s", rest[0], step)
				}
				value = at[index]
			default:
				ts.Fatalf("%s: there is nothing below %v", rest[0], value)
			}
		}
		if got := fmt.Sprint(value); got != rest[1] {
			ts.Fatalf("%s is %q, want %q", rest[0], got, rest[1])
		}
	}
}

// plain FILE… holds that there is no escape sequence in a file, stdout or
// stderr.
func plain(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		if neg || bytes.ContainsRune([]byte(ts.ReadFile(name)), '\x1b') {
			ts.Fatalf("%s holds escape sequences", name)
		}
	}
}
