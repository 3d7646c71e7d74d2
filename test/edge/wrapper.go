package edge

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"edgegen/internal/native"
)

// Mark is a file that makes a wrapped program behave badly while it exists.
type Mark string

// The marks. A program that is Broken exits at once, unless it is only asked
// for its version.
const (
	StunnelBroken   Mark = "stunnel.broken"
	StunnelHolds    Mark = "stunnel.holds" // it does not start yet, and says so by StunnelHeld
	StunnelHeld     Mark = "stunnel.held"
	VarnishBroken   Mark = "varnishd.broken"
	NginxBroken     Mark = "nginx.broken"
	NginxRefuses    Mark = "nginx.refuses"    // nginx -t finds an error
	NginxPicky      Mark = "nginx.picky"      // nginx -t finds one in a file that holds "X-Refused"
	CompilerRefuses Mark = "compiler.refuses" // so that VCL cannot be loaded
	CompilerHolds   Mark = "compiler.holds"   // it waits with CompilerFile made, and says so by CompilerHeld
	CompilerHeld    Mark = "compiler.held"
)

// CompilerFile is one that a C compiler leaves in the directory for temporary
// files when it is killed.
const CompilerFile = "cc-killed.s"

// Wrap puts programs before the daemons, and before the C compiler of varnishd,
// that obey marks. It is called before the edge is started.
func (h *Home) Wrap() {
	h.t.Helper()
	for _, dir := range []string{"bin", "bin/compiler", "marks"} {
		if err := os.MkdirAll(h.Path(dir), 0o755); err != nil {
			h.t.Fatal(err)
		}
	}
	// The daemons may run as somebody else.
	if err := os.Chmod(h.Path("marks"), 0o777); err != nil {
		h.t.Fatal(err)
	}
	h.wrap("stunnel", find("stunnel"), `case " $* " in *" -version "*) ;; *) `+h.broken(StunnelBroken)+`
while [ -e `+h.mark(StunnelHolds)+` ]; do touch `+h.mark(StunnelHeld)+`; sleep 0.05; done ;; esac`)
	h.wrap("nginx", find("nginx"), `case " $* " in
*" -V "*) ;;
*" -t "*) [ -e `+h.mark(NginxRefuses)+` ] && { echo 'nginx: [emerg] refused for a test' >&2; exit 1; }
  for file; do :; done
  [ -e `+h.mark(NginxPicky)+` ] && grep -q X-Refused "$file" && { echo 'nginx: [emerg] refused for a test' >&2; exit 1; } ;;
*) `+h.broken(NginxBroken)+` ;;
esac`)
	varnishd := find("varnishd")
	h.wrap("varnishd", varnishd, `case " $* " in *" -V "*|*" -x "*|*" -C "*) ;; *) `+h.broken(VarnishBroken)+` ;; esac
PATH=`+h.Path("bin/compiler")+`:$PATH
export PATH`)
	if varnishd != "" {
		name, path, err := compiler(varnishd)
		if err != nil {
			h.t.Fatal(err)
		}
		h.wrap("compiler/"+name, path, `[ -e `+h.mark(CompilerRefuses)+` ] && { echo 'refused for a test' >&2; exit 1; }
while [ -e `+h.mark(CompilerHolds)+` ]; do touch "${TMPDIR:-/tmp}/`+CompilerFile+`" 2>/dev/null; : >`+h.mark(CompilerHeld)+`; sleep 0.05; done`)
	}
	h.environment = append(h.environment, "PATH="+h.Path("bin")+":"+os.Getenv("PATH"))
}

func (h *Home) mark(m Mark) string { return filepath.Join(h.Dir, "marks", string(m)) }

func (h *Home) broken(m Mark) string {
	return fmt.Sprintf("[ -e %s ] && { echo 'broken for a test' >&2; exit 1; }", h.mark(m))
}

// find returns where a daemon is, "" where it is missing: then what needs it is
// skipped.
func find(program string) string {
	for _, directory := range native.Directories(os.Getenv("PATH")) {
		if path, err := exec.LookPath(filepath.Join(directory, program)); err == nil {
			return path
		}
	}
	return ""
}

// wrap writes a shell script that becomes the real program at its end, so that
// it has the same number.
func (h *Home) wrap(name, real, before string) {
	h.t.Helper()
	if real == "" {
		return
	}
	name = "bin/" + name
	h.Write(name, strings.Join([]string{"#!/bin/sh", before, "exec " + real + ` "$@"`, ""}, "\n"))
	if err := os.Chmod(h.Path(name), 0o755); err != nil {
		h.t.Fatal(err)
	}
}

// Set makes a mark.
func (h *Home) Set(m Mark) { h.t.Helper(); h.Write("marks/"+string(m), "") }

// Clear removes a mark; one that is not there is no error.
func (h *Home) Clear(m Mark) {
	h.t.Helper()
	if err := os.Remove(h.mark(m)); err != nil && !os.IsNotExist(err) {
		h.t.Fatal(err)
	}
}

// IsSet reports whether a mark is there.
func (h *Home) IsSet(m Mark) bool {
	_, err := os.Stat(h.mark(m))
	return err == nil
}
