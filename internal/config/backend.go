package config

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"edgegen/internal/site"
)

// backends decodes a site's backend blocks.
func (b *block) backends() []site.Backend {
	var backends []site.Backend
	first := map[string]hcl.Range{}
	for _, node := range b.all("backend") {
		backend := node.backend()
		if earlier, again := first[backend.Name]; again && backend.Name != "" {
			node.errorAt(node.labels[0].place, "give each backend a name of its own", "a second backend %q: the first is at %s", backend.Name, b.where(earlier))
			continue
		}
		first[backend.Name] = node.place
		backends = append(backends, backend)
	}
	slices.SortFunc(backends, func(x, y site.Backend) int { return cmp.Compare(x.Name, y.Name) })
	return backends
}

// backend decodes a backend block. env and dir are about the command: without
// one they have no effect, which gets a warning.
func (b *block) backend() site.Backend {
	backend := site.Backend{Source: b.source(), Servers: b.servers()}
	if label, ok := b.label(); ok {
		backend.Name = label.text
		if !isBackendName(label.text) {
			b.errorAt(label.place, `use up to 64 letters, digits, "_" and "-"`, "%q is no name for a backend", label.text)
		}
	}
	env := b.environment()
	if !b.has("command") {
		for _, idle := range []string{"env", "dir"} {
			if b.has(idle) {
				b.warnAt(b.nameOf(idle), "add command = [ … ], or leave it out", "%s has no effect without command", idle)
			}
		}
		return backend
	}
	backend.Command, backend.Env, backend.Dir = b.command(), env, b.workingDirectory()
	return backend
}

// isWordCharacter reports what names are made of in most languages.
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

func (b *block) command() []string {
	words, ok := b.texts("command")
	if ok && len(words) == 0 {
		b.errorAt(b.nameOf("command"), "name the program and its arguments, or leave command out", "command is empty")
	}
	var command []string
	for i, word := range words {
		switch {
		case strings.ContainsRune(word.text, 0):
			b.errorAt(word.place, "", "command holds a zero byte")
		case i == 0 && strings.TrimSpace(word.text) == "":
			b.errorAt(word.place, "", "the program of command is empty")
		case i == 0 && len(words) == 1 && strings.Contains(word.text, " "):
			b.warnAt(word.place, "write each word as an element: "+elements(word.text), "the program of command has spaces in its name: no shell splits it")
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

// workingDirectory is dir, by default the directory of the file that names
// the command.
func (b *block) workingDirectory() string {
	if dir, ok := b.text("dir"); ok {
		return b.directory("dir", dir)
	}
	return filepath.Dir(b.sources[b.place.Filename].path)
}

func (b *block) environment() []site.Variable {
	var env []site.Variable
	for _, p := range b.pairs("env") {
		switch {
		case !isVariableName(p.key.text):
			b.errorAt(p.key.place, `use letters, digits and "_", and no digit first`, "%q is no name for an environment variable", p.key.text)
		case strings.ContainsRune(p.value.text, 0):
			b.errorAt(p.value.place, "", "the value of %s holds a zero byte", p.key.text)
		default:
			env = append(env, site.Variable{Name: p.key.text, Value: p.value.text})
		}
	}
	slices.SortFunc(env, func(x, y site.Variable) int { return cmp.Compare(x.Name, y.Name) })
	return env
}
