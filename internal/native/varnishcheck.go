package native

import "edgegen/internal/supervise"

// quickCompiler makes the C compiler quick, because nobody runs what it makes
// in a check: by default it takes four times as long, and minutes for a
// thousand sites.
const quickCompiler = `cc_command=exec "$(command -v gcc || command -v cc || echo clang)" -O0 -w -fPIC -shared -o %o %s`

// VarnishCheck describes a varnishd that only translates a VCL file and ends:
// with status 0, or with messages that LocateVCC reads. The sockets that the VCL
// names have to be there. What is said without an error includes the C program.
// A default.vcl that hands requests to parts cannot be looked at alone.
func VarnishCheck(d Daemon, s Setup, file string, output func([]byte)) supervise.Process {
	process := translates(d, s, s.Layout.Dir+"/"+file, s.Layout.VarnishTry(), quickCompiler)
	if d.TakesC() {
		process.Args = append(process.Args, "-p", allowC+"=on")
	}
	process.Stderr = output
	return process
}

// translates describes a varnishd that only translates a VCL file and ends. No other
// process may have its workdir; compiler is a setting of cc_command.
func translates(d Daemon, s Setup, path, workdir, compiler string) supervise.Process {
	return supervise.Process{
		Name:       "varnishd -C",
		Path:       d.Path,
		Args:       []string{"-j", "none", "-C", "-f", path, "-n", workdir, "-p", compiler},
		Dir:        s.Layout.Run,
		Env:        s.environment(),
		Credential: s.Credential,
	}
}
