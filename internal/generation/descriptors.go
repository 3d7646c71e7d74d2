package generation

import (
	"fmt"

	"edgegen/internal/engines"
	"edgegen/internal/site"
)

// Descriptors is how many open files a process should be allowed for so many
// connections, and how many it cannot do without: a connection takes two, and each
// process needs some for itself.
func Descriptors(connections int, tls site.Engine) (wanted, least uint64) {
	wanted, least = uint64(4*connections+1024), uint64(2*connections)
	if daemon, _ := engines.Named(tls); daemon.LeastFiles != nil {
		least = daemon.LeastFiles(connections)
	}
	return wanted, least
}

// TooFewDescriptors says what is wrong with a limit of open files, and what to
// do about it; both are "" where it is high enough for the connections.
func TooFewDescriptors(got uint64, connections int, tls site.Engine) (text, remedy string) {
	wanted, least := Descriptors(connections, tls)
	if got >= least {
		return "", ""
	}
	return fmt.Sprintf("%d, too few for limits.connections = %d", got, connections),
		fmt.Sprintf("raise it to %d (ulimit -n, or LimitNOFILE of the unit), or lower limits.connections to %d", wanted, uint64(connections)*got/least)
}
