package config

import (
	"slices"
	"strings"

	"edgegen/internal/site"
)

// readAlgorithms reads content codings, in the order in which they are preferred.
func readAlgorithms(b *block, a *argument, c *site.Compress) {
	if !b.holds(a) {
		c.Algorithms = site.Codings()
		return
	}
	written, ok := b.texts(a)
	if ok && len(written) == 0 {
		b.errorAt(b.placeOf(a), "leave it out for "+a.standard+", or leave the "+b.schema.name+" block out", "%s is empty", a.name)
	}
	for _, one := range written {
		switch {
		case !slices.Contains(site.Codings(), one.text):
			b.errorAt(one.place, suggest(codingOf(one.text), site.Codings()), "%s cannot hold %q", a.name, one.text)
		case slices.Contains(c.Algorithms, one.text):
			b.errorAt(one.place, "keep one of them", "%s is named twice", one.text)
		default:
			c.Algorithms = append(c.Algorithms, one.text)
		}
	}
}

// codingOf is the coding that is meant by the name of a program, as br by "brotli".
func codingOf(name string) string {
	switch strings.ToLower(name) {
	case "brotli":
		return "br"
	case "zstandard", "zst":
		return "zstd"
	}
	return strings.ToLower(name)
}

// readTypes reads media types, with "*" for any run of characters.
func readTypes(b *block, a *argument, c *site.Compress) {
	if !b.holds(a) {
		c.Types = site.CompressedTypes()
		return
	}
	written, ok := b.texts(a)
	if ok && len(written) == 0 {
		b.errorAt(b.placeOf(a), "name the types that are compressed, or leave "+a.name+" out for those that mostly are", "%s is empty", a.name)
	}
	for _, one := range written {
		name := strings.ToLower(one.text)
		if problem, remedy := typeProblem(name); problem != "" {
			b.errorAt(one.place, remedy, "%q %s", one.text, problem)
		} else if !slices.Contains(c.Types, name) {
			c.Types = append(c.Types, name)
		}
	}
}

// typeProblem is why a text, in lower case, is no pattern of media types; "" if it is
// one.
func typeProblem(name string) (problem, remedy string) {
	kind, rest, ok := strings.Cut(name, "/")
	wrong := func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.ContainsRune("!#$&-^_.+*", c))
	}
	switch {
	case strings.Contains(name, ";"):
		return "has a parameter", "leave it out: all that a type may have are compressed"
	case !ok || kind == "" || rest == "" || strings.ContainsFunc(kind+rest, wrong):
		return "is no media type", `write "text/*" or "application/json", say`
	case site.IsCompressed(name) && !strings.Contains(name, "*"):
		return "is compressed by itself", "leave it out: to compress it again costs time and saves nothing"
	}
	return "", ""
}
