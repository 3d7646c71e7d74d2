package config

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"edgegen/internal/site"
)

func readBackendName(b *block, label located, backend *site.Backend) {
	backend.Name = label.text
	if !isBackendName(label.text) {
		b.errorAt(label.place, `use up to 64 letters, digits, "_" and "-"`, "%q is no name for a backend", label.text)
	}
}

// readBackendHost reads a host, which may have a port.
func readBackendHost(b *block, a *argument, backend *site.Backend) {
	written, ok := b.text(a)
	if !ok {
		return
	}
	name, port := written.text, ""
	if i := strings.LastIndexByte(name, ':'); i >= 0 && !strings.HasSuffix(name, "]") && strings.Count(name, ":") == 1 {
		name, port = name[:i], name[i:]
		if n, err := strconv.ParseUint(port[1:], 10, 16); err != nil || n == 0 {
			b.errorAt(written.place, "write a port from 1 to 65535, or none", "%s = %q names no port", a.name, written.text)
			return
		}
	}
	if host, ok := b.host(located{name, written.place}); ok {
		backend.Host = site.URLHost(host.text) + port
	}
}

// checkBackend checks that no other backend of the site has the name, that it has a
// server, and that there is a command wherever its environment or directory is given.
func checkBackend(b *block, backend *site.Backend) {
	if backend.Name != "" {
		if first := b.alone(backend.Name); first != nil {
			b.errorAt(b.labels[0].place, "give each backend a name of its own", "a second backend %q: the first is at %s", backend.Name, b.where(first.place))
			return
		}
	}
	checkServers(b, backend)
	checkFastCGI(b, backend)
	command := b.row(&backend.Command)
	if b.holds(command) {
		return
	}
	for _, idle := range []*argument{b.row(&backend.Env), b.row(&backend.Dir)} {
		if b.holds(idle) {
			b.warnAt(b.placeOf(idle), "add "+command.name+" = [ … ], or leave it out", "%s has no effect without %s", idle.name, command.name)
		}
	}
	backend.Env, backend.Dir = nil, ""
}

// isWordCharacter reports whether a character may be part of a name in most languages.
func isWordCharacter(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_'
}

func isBackendName(text string) bool {
	other := func(r rune) bool { return !isWordCharacter(r) && r != '-' }
	return text != "" && len(text) <= 64 && !strings.ContainsFunc(text, other)
}

func isVariableName(text string) bool {
	other := func(r rune) bool { return !isWordCharacter(r) }
	return text != "" && !(text[0] >= '0' && text[0] <= '9') && !strings.ContainsFunc(text, other)
}

func readCommand(b *block, a *argument, backend *site.Backend) { backend.Command = b.command(a) }

// command reads a program with its arguments.
func (b *block) command(a *argument) (command []string) {
	words, ok := b.texts(a)
	if ok && len(words) == 0 {
		b.errorAt(b.placeOf(a), "name the program and its arguments, or leave "+a.name+" out", "%s is empty", a.name)
	}
	for i, word := range words {
		switch {
		case strings.ContainsRune(word.text, 0):
			b.errorAt(word.place, "", "%s holds a zero byte", a.name)
		case i == 0 && strings.TrimSpace(word.text) == "":
			b.errorAt(word.place, "", "the program of %s is empty", a.name)
		case i == 0 && len(words) == 1 && strings.Contains(word.text, " "):
			b.warnAt(word.place, "write each word as an element: "+elements(word.text), "the program of %s has spaces in its name: no shell splits it", a.name)
		}
		command = append(command, word.text)
	}
	return command
}

// elements writes a command line as a list.
func elements(line string) string {
	var quoted []string
	for _, word := range strings.Fields(line) {
		quoted = append(quoted, fmt.Sprintf("%q", word))
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// readWorkingDirectory reads the directory of a command, by default that of
// the file that names it. It is only looked at where there is a command.
func readWorkingDirectory(b *block, a *argument, backend *site.Backend) {
	if !b.has(&backend.Command) {
		return
	}
	backend.Dir = filepath.Dir(b.sources[b.place.Filename].path)
	if dir, ok := b.text(a); ok {
		backend.Dir = b.directory(a.name, dir)
	}
}

func readEnvironment(b *block, a *argument, backend *site.Backend) {
	for _, p := range b.pairs(a) {
		switch {
		case !isVariableName(p.key.text):
			b.errorAt(p.key.place, `use letters, digits and "_", and no digit first`, "%q is no name for an environment variable", p.key.text)
		case strings.ContainsRune(p.value.text, 0):
			b.errorAt(p.value.place, "", "the value of %s holds a zero byte", p.key.text)
		default:
			backend.Env = append(backend.Env, site.Variable{Name: p.key.text, Value: p.value.text})
		}
	}
	slices.SortFunc(backend.Env, func(x, y site.Variable) int { return cmp.Compare(x.Name, y.Name) })
}
