package native

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Compiler is the C compiler that a varnishd compiles its VCL with.
type Compiler struct {
	Command string // as varnishd was built to call it, with %s and %o for the files
	Program string // its first word, as "gcc"
	Path    string // absolute; where a daemon finds the program
}

// FindCompiler tells which compiler varnishd calls unless its parameter cc_command is
// set. varnishd does not show that before it runs, so it is read out of the program. If
// the compiler that it names is not installed, the result holds all but the path, and the
// error is exec.ErrNotFound.
func FindCompiler(varnishd string) (Compiler, error) {
	file, err := os.Open(varnishd)
	if err != nil {
		return Compiler{}, fmt.Errorf("read varnishd's program: %w", err)
	}
	defer file.Close()
	const limit = 64 << 20
	program, err := io.ReadAll(io.LimitReader(file, limit))
	if err != nil {
		return Compiler{}, fmt.Errorf("read varnishd's program: %w", err)
	}
	c := Compiler{Command: compilerIn(program)}
	if c.Command == "" {
		return c, errors.New("varnishd's program does not say which compiler it calls")
	}
	c.Program = c.program()
	if c.Path = findProgram(c.Program, filepath.SplitList(daemonPath)); c.Path == "" {
		return c, fmt.Errorf("find %s: %w", c.Program, exec.ErrNotFound)
	}
	return c, nil
}

var compilerCommand = pattern(`\x00(exec [!-~][ -~]* -shared [ -~]*%[os][ -~]*)\x00`)

// compilerIn finds the command among a program's strings. The one with
// variables in it is from the description of the parameter.
func compilerIn(program []byte) string {
	for _, match := range compilerCommand().FindAllSubmatch(program, -1) {
		if command := string(match[1]); !strings.Contains(command, "$") {
			return command
		}
	}
	return ""
}

func findProgram(name string, directories []string) string {
	if filepath.IsAbs(name) {
		directories = []string{"/"}
	}
	if found := candidates([]string{name}, directories); len(found) > 0 {
		return found[0]
	}
	return ""
}

// program is the command's first word.
func (c Compiler) program() string {
	name, _, _ := strings.Cut(strings.TrimPrefix(c.Command, "exec "), " ")
	return name
}

// Try compiles and links nothing of note with the command, in a directory for
// temporary files that is gone afterwards. The error holds the first line of
// what the compiler says.
func (c Compiler) Try(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "edgegen-")
	if err != nil {
		return fmt.Errorf("try the compiler: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.WriteFile(filepath.Join(dir, "vcl.c"), []byte("int vcl(void);\nint vcl(void) { return 0; }\n"), 0o600); err != nil {
		return fmt.Errorf("try the compiler: %w", err)
	}
	command := strings.NewReplacer("%%", "%", "%s", "vcl.c", "%o", "vcl.so", "%n", ".", "%w", "").Replace(c.Command)
	// As varnishd does, and with its PATH.
	_, err = runIn(ctx, dir, "/bin/sh", "-c", "export PATH="+daemonPath+"; "+command)
	return err
}
