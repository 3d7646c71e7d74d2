package importer

import (
	"strings"
)

// stunnelFile is a stunnel.conf: options for all, and services.
type stunnelFile struct {
	name     string
	global   *stunnelService
	services []*stunnelService
	lines    []*Line
}

// stunnelService is a section, with its options in the order of the file.
type stunnelService struct {
	*Line   // of its head; nil for the options for all
	name    string
	options []stunnelOption
}

type stunnelOption struct {
	*Line
	name, value string
}

// readStunnel reads a stunnel.conf, of which every line is an option, a section or a
// comment.
func readStunnel(name, text string) *stunnelFile {
	f := &stunnelFile{name: name, global: &stunnelService{}}
	around := f.global
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))
		if line == "" || line[0] == ';' || line[0] == '#' {
			continue
		}
		l := &Line{File: name, Line: number, EndLine: number, Text: line}
		f.lines = append(f.lines, l)
		key, value, assigned := strings.Cut(line, "=")
		switch {
		case line[0] == '[' && strings.HasSuffix(line, "]"):
			around = &stunnelService{Line: l, name: strings.TrimSpace(line[1 : len(line)-1])}
			f.services = append(f.services, around)
		case !assigned:
			l.refuse("it is neither an option nor a section", "write it as name = value")
		default:
			around.options = append(around.options, stunnelOption{l, strings.TrimSpace(key), strings.TrimSpace(value)})
		}
	}
	return f
}

// option is the last of a name; its Line is nil where there is none.
func (s *stunnelService) option(name string) (found stunnelOption) {
	for _, one := range s.options {
		if strings.EqualFold(one.name, name) {
			found = one
		}
	}
	return found
}

// setting is that of the section, or of the options for all.
func (f *stunnelFile) setting(s *stunnelService, name string) stunnelOption {
	if found := s.option(name); found.Line != nil {
		return found
	}
	return f.global.option(name)
}
