package supervise

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// program returns the path to execute. A name without a slash is looked for
// in the PATH that the process itself will have.
func (p Process) program() (string, error) {
	if strings.ContainsRune(p.Path, '/') {
		return p.Path, nil
	}
	search, own := os.Getenv("PATH"), false
	for _, variable := range p.Env {
		if value, found := strings.CutPrefix(variable, "PATH="); found {
			search, own = value, true
		}
	}
	var refused error
	for _, directory := range filepath.SplitList(search) {
		if !filepath.IsAbs(directory) {
			continue // what is run must not depend on where it is run
		}
		candidate := filepath.Join(directory, p.Path)
		_, err := exec.LookPath(candidate)
		if err == nil {
			return candidate, nil
		}
		if _, problem := os.Stat(candidate); problem == nil && errors.Is(err, fs.ErrPermission) {
			refused = fmt.Errorf("start %s: %s may not be executed: %w", p.Name, candidate, fs.ErrPermission)
		}
	}
	if refused != nil {
		return "", refused
	}
	whose := ""
	if own {
		whose = "its "
	}
	return "", fmt.Errorf("start %s: no program %q in %sPATH: %w", p.Name, p.Path, whose, exec.ErrNotFound)
}

// Check says what can be known before a start to be in its way: there is no such
// program. Nothing found is no promise that it can be run.
func (p Process) Check() error {
	program, err := p.program()
	if err != nil {
		return err
	}
	if !filepath.IsAbs(program) {
		program = filepath.Join(p.Dir, program)
	}
	// It may be there for the process's user and not for this one.
	if _, err := os.Stat(program); errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return p.explained(program, err)
	}
	return nil
}

// explained says what was wrong where the kernel would not start the program.
// The kernel names no cause apart from a number that stands for several.
func (p Process) explained(program string, err error) error {
	if p.Dir != "" {
		if info, problem := os.Stat(p.Dir); problem != nil {
			return fmt.Errorf("start %s: working directory: %w", p.Name, problem)
		} else if !info.IsDir() {
			return fmt.Errorf("start %s: working directory %s: %w", p.Name, p.Dir, syscall.ENOTDIR)
		}
	}
	file := program
	if !filepath.IsAbs(file) {
		file = filepath.Join(p.Dir, file)
	}
	info, problem := os.Stat(file)
	switch {
	case problem != nil:
		return fmt.Errorf("start %s: %w", p.Name, problem)
	case info.IsDir():
		return fmt.Errorf("start %s: %s is a directory: %w", p.Name, file, err)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("start %s: %s needs %s, which is missing: %w", p.Name, file, interpreterOf(file), err)
	case errors.Is(err, syscall.ENOEXEC):
		return fmt.Errorf("start %s: %s is neither a program for this machine nor a script with a #! line: %w", p.Name, file, err)
	case errors.Is(err, syscall.EPERM) && p.Credential != nil:
		return fmt.Errorf("start %s: may not become user %d, group %d: %w", p.Name, p.Credential.UID, p.Credential.GID, err)
	case errors.Is(err, fs.ErrPermission) && p.Credential != nil:
		return fmt.Errorf("start %s: %s may not be executed by user %d in directory %q: %w", p.Name, file, p.Credential.UID, p.Dir, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("start %s: %s may not be executed: %w", p.Name, file, err)
	}
	return fmt.Errorf("start %s: execute %s: %w", p.Name, file, err)
}

// interpreterOf names what the #! line of a script asks for.
func interpreterOf(file string) string {
	unknown := "a program that loads it"
	script, err := os.Open(file)
	if err != nil {
		return unknown
	}
	defer script.Close()
	head := make([]byte, 256)
	n, _ := script.Read(head) // nothing read means nothing known
	line, _, _ := bytes.Cut(head[:n], []byte("\n"))
	words := strings.Fields(string(bytes.TrimPrefix(line, []byte("#!"))))
	if !bytes.HasPrefix(line, []byte("#!")) || len(words) == 0 {
		return unknown
	}
	return fmt.Sprintf("%q", words[0])
}
