package rawtext

import (
	"slices"
	"strings"
)

// Stunnel looks at options of a service.
func Stunnel(text string) *Problem {
	if p := control(text); p != nil {
		return p
	}
	for i, line := range Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == ';' || line[0] == '#' {
			continue
		}
		name, _, assigned := strings.Cut(line, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		switch {
		case line[0] == '[':
			return problem(i+1, "write options alone", "begins another service")
		case !assigned, name == "":
			return problem(i+1, "write it as name = value", "has a line that is no option")
		case slices.Contains(ownOfStunnel(), name):
			return problem(i+1, "leave it out", "has %s, which is edgegen's to say", name)
		}
	}
	return nil
}

// ownOfStunnel are the options by which a service is found and leads on.
func ownOfStunnel() []string {
	return []string{"accept", "cert", "client", "connect", "exec", "include", "key", "protocol", "sni"}
}
