package native

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"edgegen/internal/site"
)

func TestCompilerIn(t *testing.T) {
	tests := []struct {
		name, program, want string
	}{
		{"Debian's", "\x00exec x86_64-linux-gnu-gcc -g -O2 -fpic -shared -Wl,-x -o %o %s\x00", "exec x86_64-linux-gnu-gcc -g -O2 -fpic -shared -Wl,-x -o %o %s"},
		{"after the description", "\x00exec $CC $CFLAGS %w -shared -o %o %s\x00other\x00exec cc %w -shared -o %o %s\x00", "exec cc %w -shared -o %o %s"},
		{"the description alone", "\x00exec $CC $CFLAGS %w -shared -o %o %s\x00", ""},
		{"another exec", "\x00exec sleep 1\x00", ""},
		{"empty", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := compilerIn([]byte(test.program)); got != test.want {
				t.Errorf("compilerIn = %q, want %q", got, test.want)
			}
		})
	}
}

func TestCompilerMissing(t *testing.T) {
	program := filepath.Join(t.TempDir(), "varnishd")
	if err := os.WriteFile(program, []byte("\x00exec no-such-compiler -shared -o %o %s\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	compiler, err := FindCompiler(program)
	if !errors.Is(err, exec.ErrNotFound) || compiler.Program != "no-such-compiler" {
		t.Errorf("found %+v, %v", compiler, err)
	}
}

func TestCompilerTry(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	compiler, err := FindCompiler(installed(t, site.Varnish).Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := compiler.Try(t.Context()); err != nil {
		t.Error(err)
	}
	compiler.Command = strings.Replace(compiler.Command, " -shared ", " -shared -no-such-option ", 1)
	if err := compiler.Try(t.Context()); err == nil || !strings.Contains(err.Error(), "no-such-option") {
		t.Errorf("with an option that does not exist: %v", err)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("left in the directory for temporary files: %v, %v", left, err)
	}
}
