package native

import (
	"context"
	"errors"
	"os"
	"syscall"

	"edgegen/internal/accesslog"
	"edgegen/internal/render"
	"edgegen/internal/site"
	"edgegen/internal/supervise"
)

// Setup is what the processes of the native tiers have in common. It is not
// changed once a process has been described from it.
type Setup struct {
	Edge       *site.Edge
	Layout     render.Layout
	Generation string                // what the daemon is rendered as, which its probe has to answer
	Credential *supervise.Credential // whom the daemons run as; nil is the caller's user

	// Message takes what a daemon says, under the process's name; Access takes
	// each request that the cache tier has answered, whose texts it has to copy where it
	// keeps them, and Untold why some will not come.
	Message func(name string, line []byte)
	Access  func(*accesslog.Record)
	Untold  func(error)

	// Objects is where compiled VCL is kept between starts and reloads; Unkept, which may
	// be nil, takes why some is not. Compiling, which may be nil, takes how many of the
	// files are compiled that are compiled side by side, at first none. Once runs a process that ends by itself; where it is
	// nil VCL is compiled by the varnishd that serves alone.
	Objects   Objects
	Unkept    func(error)
	Compiling func(done, of int)
	Once      func(context.Context, supervise.Process) (supervise.Exit, error)
}

// daemonPath is where a daemon looks for programs, varnishd for its compiler.
const daemonPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// environment is all of the environment that a daemon needs.
func (s Setup) environment(more ...string) []string {
	return append([]string{
		"PATH=" + daemonPath,
		"LANG=C.UTF-8",
		"TZ=UTC",
		"TMPDIR=" + s.Layout.Temp(),
	}, more...)
}

// says returns a sink for the output of the process.
func (s Setup) says(name string) func([]byte) {
	return func(line []byte) { s.Message(name, line) }
}

// give makes a file that the daemons own and nobody else may read. It first removes
// whatever has the name, and follows no link, since the daemons may be able to write in
// the directory and the caller may be root.
func (s Setup) give(path string, text []byte) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err == nil && s.Credential != nil {
		err = file.Chown(int(s.Credential.UID), int(s.Credential.GID))
	}
	return errors.Join(err, file.Close())
}

// show lets the daemons read a directory of the caller's, in which they cannot
// make anything.
func (s Setup) show(path string) error {
	if s.Credential == nil {
		return nil
	}
	directory, err := os.OpenFile(path, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	err = directory.Chown(-1, int(s.Credential.GID))
	if err == nil {
		err = directory.Chmod(0o750)
	}
	return errors.Join(err, directory.Close())
}
