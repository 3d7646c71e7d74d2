package trust

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
)

// certutil is the tool of NSS.
const certutil = "certutil"

// databases are those of NSS that the person has: Chromium's, and one for each
// profile of Firefox.
func (m Machine) databases() (directories []string) {
	for _, pattern := range []string{".pki/nssdb", ".mozilla/firefox/*", "snap/firefox/common/.mozilla/firefox/*", "snap/chromium/current/.pki/nssdb"} {
		files, _ := filepath.Glob(filepath.Join(m.Home, pattern, "cert9.db")) // the patterns are good
		for _, file := range files {
			directories = append(directories, filepath.Dir(file))
		}
	}
	slices.Sort(directories)
	return directories
}

// browsers takes a step for each database.
func (m Machine) browsers(ctx context.Context, root Root, step func(context.Context, *Person, string, Root) Step) []Step {
	const browsers = "Firefox and Chromium"
	databases := m.databases()
	if len(databases) == 0 {
		return []Step{{browsers, Left, "no profile is in " + m.Home, ""}}
	}
	if _, err := exec.LookPath(certutil); err != nil {
		return []Step{{browsers, Left, certutil + " is not installed", "install it (Debian's libnss3-tools), or import " + root.File + " in the browser"}}
	}
	var steps []Step
	for _, directory := range databases {
		steps = append(steps, step(ctx, m.As, directory, root))
	}
	return steps
}

func addToBrowser(ctx context.Context, as *Person, directory string, root Root) Step {
	if has(ctx, as, directory, root) {
		return Step{"a browser's store", Already, directory, ""}
	}
	// The user who runs the command may not be able to read the file.
	return tried(ctx, as, root.text, directory, Added, "-A", "-a", "-t", "C,,", "-n", root.Name)
}

func removeFromBrowser(ctx context.Context, as *Person, directory string, root Root) Step {
	if !has(ctx, as, directory, root) {
		return Step{"a browser's store", Absent, directory, ""}
	}
	return tried(ctx, as, nil, directory, Removed, "-D", "-n", root.Name)
}

func has(ctx context.Context, as *Person, directory string, root Root) bool {
	_, err := call(ctx, as, nil, certutil, "-L", "-d", "sql:"+directory, "-n", root.Name)
	return err == nil
}

func tried(ctx context.Context, as *Person, input []byte, directory string, done State, what ...string) Step {
	said, err := call(ctx, as, input, append([]string{certutil, "-d", "sql:" + directory}, what...)...)
	if err != nil {
		return Step{"a browser's store", Failed, fmt.Sprintf("%s: %v%s", directory, err, said), "close the browser, and try again"}
	}
	return Step{"a browser's store", done, directory, ""}
}

// attributes have a process run as the person; nil for the caller.
func (p *Person) attributes() *syscall.SysProcAttr {
	if p == nil {
		return nil
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: p.UID, Gid: p.GID}}
}
