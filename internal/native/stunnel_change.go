package native

import (
	"fmt"
	"slices"
	"strings"

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
	before, after := directives(old.Of(site.Stunnel).Main().Data), directives(new.Of(site.Stunnel).Main().Data)
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

// directives are the values in a rendered stunnel.conf by their names, in order.
func directives(rendered []byte) map[string][]string {
	values := make(map[string][]string)
	for line := range strings.Lines(string(rendered)) {
		name, value, found := strings.Cut(strings.TrimSpace(line), "=")
		if found && !strings.HasPrefix(name, ";") {
			name = strings.TrimSpace(name)
			values[name] = append(values[name], strings.TrimSpace(value))
		}
	}
	return values
}
