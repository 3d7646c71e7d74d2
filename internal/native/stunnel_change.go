package native

import (
	"fmt"
	"slices"

	"edgegen/internal/render"
	"edgegen/internal/site"
)

// ignoredByReload are the options that stunnel reads at its start alone. Others
// of the global ones, such as the log level and the socket options, are read
// anew at each reload.
func ignoredByReload() []string {
	return []string{"foreground", "pid", "syslog", "output", "service", "chroot", "setuid", "setgid"}
}

// StunnelChange says why a running stunnel cannot get from one rendering to the other by
// Reload, in phrases; none means that it can. Listeners are compared by their addresses:
// only their owner knows whether a socket is another one.
func StunnelChange(old, new *render.Output) (restart []string) {
	before, after := old.Of(site.Stunnel).Options(), new.Of(site.Stunnel).Options()
	if !slices.Equal(before["accept"], after["accept"]) {
		restart = append(restart, "the TLS listeners")
	}
	for _, name := range ignoredByReload() {
		if !slices.Equal(before[name], after[name]) {
			restart = append(restart, fmt.Sprintf("stunnel's option %q", name))
		}
	}
	return restart
}
