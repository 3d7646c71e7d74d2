package edge

import (
	"fmt"
	"os"
	"path/filepath"

	"edgegen/internal/native"
	"edgegen/test/quick"
)

// quickVariable names a directory with a varnishd whose compiler makes haste, which the
// edges of homes find first.
const quickVariable = "EDGEGEN_TEST_QUICK"

// compileQuickly makes the directory; without a varnishd, or a quick compiler, it does
// nothing.
func compileQuickly(dir string) error {
	varnishd, tcc := find("varnishd"), quick.Compiler()
	if varnishd == "" || tcc == "" {
		return nil
	}
	compiler, err := native.FindCompiler(varnishd)
	if err != nil {
		return err
	}
	compilers := filepath.Join(dir, "compiler")
	if err := os.MkdirAll(compilers, 0o755); err != nil {
		return err
	}
	for path, script := range map[string]string{
		filepath.Join(compilers, compiler.Program): quick.Script(tcc) + "\nexec " + compiler.Path + ` "$@"`,
		filepath.Join(dir, "varnishd"):             "PATH=" + compilers + ":$PATH\nexport PATH\nexec " + varnishd + ` "$@"`,
	} {
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			return fmt.Errorf("put a quick compiler before the real one: %w", err)
		}
	}
	return os.Setenv(quickVariable, dir)
}

// quickly is where the edges of a home look for programs first; "" for nowhere.
func quickly() []string {
	if dir := os.Getenv(quickVariable); dir != "" {
		return []string{"PATH=" + dir + ":" + os.Getenv("PATH")}
	}
	return nil
}

// CompileAsUsers has varnishd be the one that users have, in this home.
func (h *Home) CompileAsUsers() {
	h.environment = append(h.environment, "PATH="+os.Getenv("PATH"))
}

// CompileAsUsersIn does so where the home's combination is the one that is named: each
// VCL of a corpus is then asked as users have it, and in the other mixes of engines what
// differs is what stands around it.
func (h *Home) CompileAsUsersIn(c Combination) {
	if h.Combination == c {
		h.CompileAsUsers()
	}
}

// compiler is what compiles VCL behind what a home wraps it into.
func compiler(varnishd string) (name, path string, err error) {
	found, err := native.FindCompiler(varnishd)
	if err != nil {
		return "", "", err
	}
	if dir := os.Getenv(quickVariable); dir != "" {
		found.Path = filepath.Join(dir, "compiler", found.Program)
	}
	return found.Program, found.Path, nil
}
