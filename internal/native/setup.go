package native

import (
	"fmt"
	"os"

	"edgegen/internal/render"
	"edgegen/internal/site"
	"edgegen/internal/supervise"
)

// Setup is what the processes of the native tiers have in common. It is not
// changed once a process has been described from it.
type Setup struct {
	Edge       *site.Edge
	Layout     render.Layout
	Generation render.Generation     // what the probes have to answer
	Credential *supervise.Credential // whom the daemons run as; nil is the caller's user

	// Message takes what a daemon says, under the process's name; Access takes
	// each request that the cache tier has answered.
	Message func(name string, line []byte)
	Access  func(Request)
}

// daemonPath is where a daemon looks for programs, varnishd for its compiler.
const daemonPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// environment is all that a daemon needs of its surroundings.
func environment(more ...string) []string {
	return append([]string{
		"PATH=" + daemonPath,
		"LANG=C.UTF-8",
		"TZ=UTC",
		"TMPDIR=" + os.TempDir(),
	}, more...)
}

// says returns a sink for the output of the process.
func (s Setup) says(name string) func([]byte) {
	return func(line []byte) { s.Message(name, line) }
}

// give makes a file or directory the daemons'.
func (s Setup) give(path string) error {
	if s.Credential == nil {
		return nil
	}
	if err := os.Chown(path, int(s.Credential.UID), int(s.Credential.GID)); err != nil {
		return fmt.Errorf("give away %s: %w", path, err)
	}
	return nil
}
