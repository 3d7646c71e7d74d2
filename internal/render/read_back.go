package render

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// What a template has written is read again in this file, and nowhere else: a template may
// be the owner's own, so that its text alone says what a daemon is told.

// Argument is an option of varnishd's with its value.
type Argument struct {
	Option string // such as "-p"
	Name   string // which one, where an option may be given several times
	Value  string
}

// Arguments are those that varnishd is started with, but for the program and -f.
type Arguments []Argument

// readArguments reads varnishd.args: in each line an option, a space, and as its value the
// rest, in which quoteArgument has quoted words.
func readArguments(text []byte) (all Arguments, err error) {
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		option, value, found := strings.Cut(line, " ")
		if !found || !strings.HasPrefix(option, "-") {
			return nil, fmt.Errorf("varnishd.args: %q is not an option and its value", line)
		}
		one := Argument{Option: option, Value: strings.ReplaceAll(value, `"`, "")}
		if name, value, found := strings.Cut(one.Value, "="); found && name != "" && slices.Contains([]string{"-a", "-p", "-s"}, option) {
			one.Name, one.Value = name, value
		}
		all = append(all, one)
	}
	return all, nil
}

// Words are the arguments as a program gets them.
func (a Arguments) Words() (words []string) {
	for _, one := range a {
		value := one.Value
		if one.Name != "" {
			value = one.Name + "=" + value
		}
		words = append(words, one.Option, value)
	}
	return words
}

// Of is the value of an option and a name, "" where it is not given.
func (a Arguments) Of(option, name string) string {
	for _, one := range a {
		if one.Option == option && one.Name == name {
			return one.Value
		}
	}
	return ""
}

// Sockets are the paths of those that varnishd listens on.
func (a Arguments) Sockets() (paths []string) {
	for _, one := range a {
		if file := one.Parts()[0]; one.Option == "-a" && path.IsAbs(file) {
			paths = append(paths, file)
		}
	}
	return paths
}

// StorageFile is where varnishd keeps the cache, "" for memory.
func (a Arguments) StorageFile() string {
	for _, one := range a {
		if parts := one.Parts(); one.Option == "-s" && parts[0] == "file" && len(parts) > 1 {
			return parts[1]
		}
	}
	return ""
}

// Parts are those of the value of -a, which begins with an address, or of -s, which begins
// with a kind and ends with a size. There is at least one.
func (a Argument) Parts() []string { return strings.Split(a.Value, ",") }

// Options are the values in a rendered stunnel.conf by their names, in order.
func (r *Rendered) Options() map[string][]string {
	values := make(map[string][]string)
	for line := range strings.Lines(string(r.Main().Data)) {
		name, value, found := strings.Cut(strings.TrimSpace(line), "=")
		if found && !strings.HasPrefix(name, ";") {
			name = strings.TrimSpace(name)
			values[name] = append(values[name], strings.TrimSpace(value))
		}
	}
	return values
}
