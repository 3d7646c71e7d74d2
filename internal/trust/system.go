package trust

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"edgegen/internal/atomicfile"
)

const system = "the system's store"

// commandTime bounds a tool.
const commandTime = time.Minute

func (m Machine) anchor(root Root) string { return filepath.Join(m.Anchors, root.Name+".crt") }

func (m Machine) addToSystem(ctx context.Context, root Root) Step {
	file := m.anchor(root)
	if missing := m.lacking(); missing != "" {
		return Step{system, Left, missing, "import " + root.File + " by hand"}
	}
	state := Added
	if had, err := os.ReadFile(file); err == nil && bytes.Equal(had, root.text) {
		state = Already
	} else if err := atomicfile.Write(file, root.text, 0o644); err != nil {
		return m.failed(err)
	}
	return m.updated(ctx, Step{system, state, file, ""})
}

func (m Machine) removeFromSystem(ctx context.Context, root Root) Step {
	file := m.anchor(root)
	err := os.Remove(file)
	if errors.Is(err, fs.ErrNotExist) {
		return Step{system, Absent, file, ""}
	}
	if err != nil {
		return m.failed(err)
	}
	return m.updated(ctx, Step{system, Removed, file, ""})
}

// lacking says why there is no store of the kind that is known here.
func (m Machine) lacking() string {
	if _, err := exec.LookPath(m.Update[0]); err != nil {
		return m.Update[0] + " is not installed (Debian's ca-certificates)"
	}
	if _, err := os.Stat(m.Anchors); err != nil {
		return m.Anchors + " is not there"
	}
	return ""
}

// updated has the system read its anchors.
func (m Machine) updated(ctx context.Context, done Step) Step {
	if said, err := call(ctx, nil, nil, m.Update...); err != nil {
		return Step{system, Failed, fmt.Sprintf("%s: %v%s", m.Update[0], err, said), ""}
	}
	return done
}

func (m Machine) failed(err error) Step {
	s := Step{system, Failed, err.Error(), ""}
	if errors.Is(err, fs.ErrPermission) {
		s.Detail, s.Remedy = "only root may write to "+m.Anchors, "run it with sudo, and name the state directory by --state-dir"
	}
	return s
}

// call runs a tool that reads an input; said is its last line, behind a colon.
func call(ctx context.Context, as *Person, input []byte, command ...string) (said string, err error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	c := exec.CommandContext(ctx, command[0], command[1:]...)
	c.SysProcAttr = as.attributes()
	c.WaitDelay = time.Second
	c.Stdin = bytes.NewReader(input)
	output, err := c.CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	if last := lines[len(lines)-1]; last != "" {
		said = ": " + last
	}
	return said, err
}
