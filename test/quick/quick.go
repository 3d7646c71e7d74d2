// Package quick is a C compiler that makes haste: tcc, which takes a thirtieth of the time
// that varnishd's own takes for a VCL. It is for tests that ask what is done around a VCL,
// and not what the VCL does: those compile as users do, at least in one mix of engines.
package quick

import "os/exec"

// Compiler is where tcc is; "" where it is not installed, and tests take longer.
func Compiler() string {
	path, err := exec.LookPath("tcc")
	if err != nil {
		return ""
	}
	return path
}

// Script is what a shell does in place of the compiler that it was called as, with the
// words that both know. It goes on where tcc does not take the program.
func Script(compiler string) string {
	return `last= out= from=
for word; do
  case $last in -o) out=$word ;; esac
  case $word in *.c) from=$word ;; esac
  last=$word
done
[ -n "$from" ] && ` + compiler + ` -w -shared -o "$out" "$from" 2>/dev/null && exit 0`
}
