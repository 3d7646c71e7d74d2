// Package packages installs and runs what edgegen is shipped as: the Debian
// package on a copy of this machine, and the container image as nobody in
// particular. Nothing of it is left on the machine.
package packages

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// built is whether `make deb image` has been run, which takes a minute.
var built = flag.Bool("built", false, "install and run the packages in bin")

// bin is where the packages are.
const bin = "../../bin"

func TestDebianPackage(t *testing.T) {
	needs(t, "dpkg", "curl", "unshare", "setpriv")
	found, err := filepath.Glob(filepath.Join(bin, "edgegen_*.deb"))
	if err != nil || len(found) != 1 {
		t.Fatalf("looked for one package in %s and found %q: run make deb", bin, found)
	}
	inNamespaces(t, "deb.sh", found[0])
}

func TestImage(t *testing.T) {
	needs(t, "curl", "unshare")
	layout := filepath.Join(bin, "image")
	layer := layerOf(t, layout)
	for _, who := range users() {
		t.Run(who.name, func(t *testing.T) {
			who.set(t)
			inNamespaces(t, "image.sh", layer)
		})
	}
}

// A user is whom a container runs as.
type user struct{ name, user, groups string }

// users are the image's own, and one of those that OpenShift gives to a namespace: its
// number is in no file, its group is root's, and volumes belong to a further one.
func users() []user {
	return []user{{"own", "65532:65532", "65532"}, {"given", "1000710000:0", "1000710000"}}
}

// set tells a script.
func (u user) set(t *testing.T) {
	t.Helper()
	t.Setenv("RUN_AS", u.user)
	t.Setenv("RUN_AS_GROUPS", u.groups)
}

// TestPod runs the image's program as `edgegen export kubernetes` has a cluster
// run it.
func TestPod(t *testing.T) {
	needs(t, "curl", "unshare")
	for _, who := range users() {
		t.Run(who.name, func(t *testing.T) {
			who.set(t)
			inNamespaces(t, "pod.sh", filepath.Join(bin, "edgegen-image"), "../../internal/kubernetes/testdata/shop")
		})
	}
}

// needs skips a test that this machine or this user cannot run, and says why. Who
// asks for the packages to be tested, by -built, is to be told that as a failure.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	if !*built {
		t.Skip("not covered: packages, which make package builds and installs")
	}
	if os.Geteuid() != 0 {
		t.Skip("not covered without root: packages as they are installed")
	}
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("look for %s: %v", program, err)
		}
	}
}

// inNamespaces runs a script of testdata with mounts, processes and a loopback
// device of its own, which go with it. It gets the first file, a directory for what
// it makes, and the other files.
func inNamespaces(t *testing.T, script string, files ...string) {
	t.Helper()
	arguments := []string{"--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-eu", filepath.Join("testdata", script)}
	for i, file := range files {
		absolute, err := filepath.Abs(file)
		if err != nil {
			t.Fatal(err)
		}
		arguments = append(arguments, absolute)
		if i == 0 {
			arguments = append(arguments, t.TempDir())
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "unshare", arguments...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	if !strings.HasSuffix(string(out), "all of it holds\n") {
		t.Fatalf("%s did not come to its end:\n%s", script, out)
	}
}
