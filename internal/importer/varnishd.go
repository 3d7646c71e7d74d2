package importer

import (
	"strconv"
	"strings"

	"edgegen/internal/hcltext"
)

// varnishCommand is the command that starts varnishd: a line of a shell, or a unit of
// systemd.
type varnishCommand struct {
	options []stunnelOption // by their letters, and parameters as "p name"
	lines   []*Line
}

// readCommand reads the options of varnishd. Lines that end in a backslash go on in
// the next.
func readCommand(name, text string) *varnishCommand {
	c := &varnishCommand{}
	number, inside := 0, false
	var line *Line
	option := ""
	for one := range strings.Lines(text) {
		number++
		trimmed := strings.TrimSpace(one)
		if trimmed == "" || trimmed[0] == '#' {
			continue
		}
		starts := strings.Contains(trimmed, "varnishd") || strings.HasPrefix(trimmed, "DAEMON_OPTS")
		line = &Line{File: name, Line: number, EndLine: number, Text: trimmed}
		c.lines = append(c.lines, line)
		if !inside && !starts {
			line.idle("edgegen starts and watches the cache itself")
			continue
		}
		words := strings.Fields(strings.TrimRight(trimmed, `\"`))
		inside = strings.HasSuffix(trimmed, `\`)
		for i, word := range words {
			if i == 0 && starts {
				line.into("edgegen up")
				if at := strings.Index(word, `="`); at > 0 {
					word = word[at+2:]
				}
			}
			switch {
			case option != "" && word[0] != '-':
				option = c.take(option, strings.Trim(word, `"'`), line)
			case len(word) > 2 && word[0] == '-':
				option = c.take(word[1:2], strings.Trim(word[2:], `"'`), line)
			case len(word) == 2 && word[0] == '-' && strings.Contains("FCdV", word[1:]):
				line.idle("edgegen sees to its own processes")
			case len(word) == 2 && word[0] == '-':
				option = word[1:]
			}
		}
	}
	return c
}

// take adds an option. It returns the name of a parameter whose value is the next word.
func (c *varnishCommand) take(name, value string, line *Line) (more string) {
	if name == "p" {
		parameter, setting, assigned := strings.Cut(value, "=")
		if !assigned {
			return "p " + parameter
		}
		name, value = "p "+parameter, setting
	}
	c.options = append(c.options, stunnelOption{line, name, value})
	return ""
}

// varnishd is how the cache is started: where it listens, and what it keeps.
func (c *chain) varnishd(command *varnishCommand, behindTLS bool) {
	edge := c.out.sub("edge")
	for _, one := range command.options {
		value := one.value
		switch one.name {
		case "a":
			address, protocol, _ := strings.Cut(value, ",")
			if strings.EqualFold(protocol, "PROXY") || behindTLS || c.tlsInFront || edge.argument("https") != nil {
				one.into("the way from TLS to the cache")
				one.right("it is a Unix socket, which nobody else can reach")
				continue
			}
			listenAt(edge, "http", listenAddress(address[strings.LastIndexByte(address, '=')+1:]), one.Line)
		case "s":
			c.storage(edge, one)
		case "p pipe_timeout":
			if n, err := strconv.ParseFloat(strings.TrimSuffix(value, "s"), 64); err == nil {
				edge.sub("timeouts").set("websocket_idle", seconds(int64(n)), one.Line)
			}
		case "p default_ttl":
			c.defaultTTL(one, value)
		default:
			one.idle("edgegen gives the cache what it needs")
		}
	}
	idleAll(command.lines, "edgegen gives the cache what it needs")
}

// defaultTTL is how long answers are stored that name no freshness, where no rule of the
// VCL says so.
func (c *chain) defaultTTL(one stunnelOption, value string) {
	n, err := strconv.ParseFloat(strings.TrimSuffix(value, "s"), 64)
	if err != nil {
		return
	}
	for _, site := range c.sites() {
		for _, route := range site.all("route") {
			if route.argument("backend") != nil && !route.passed && route.find("cache", "") == nil {
				route.sub("cache").set("ttl", seconds(int64(n)), one.Line)
			}
		}
	}
}

// storage is where the cache keeps things. A file is memory here: what was in it was
// gone after a restart anyway.
func (c *chain) storage(edge *block, one stunnelOption) {
	words := strings.Split(one.value, ",")
	if _, rest, named := strings.Cut(words[0], "="); named {
		words[0] = rest
	}
	size := ""
	for _, word := range words[1:] {
		if unit := map[byte]string{'k': "KiB", 'm': "MiB", 'g': "GiB", 't': "TiB"}[lower(word)]; unit != "" && strings.Trim(word[:len(word)-1], "0123456789") == "" {
			size = word[:len(word)-1] + unit
		}
	}
	if size == "" {
		one.refuse("it names no size", "write `cache_storage { size = \"1GiB\" }` into edge")
		return
	}
	storage := edge.sub("cache_storage")
	storage.set("type", hcltext.Quote("memory"), one.Line)
	storage.set("size", hcltext.Quote(size), one.Line)
	if words[0] == "file" {
		one.right("it is kept in memory: what was in the file was gone after a restart anyway")
	}
}

// lower is the last letter of a word, in lower case; 0 of none.
func lower(word string) byte {
	if word = strings.ToLower(word); word != "" {
		return word[len(word)-1]
	}
	return 0
}
