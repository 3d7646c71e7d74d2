package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"edgegen/internal/site"
)

// staticDraft is a static block that is being decoded. The model has no index:
// an entry of try_files that ends in "/" becomes one for each of its names.
type staticDraft struct {
	site.Static
	index []string
}

func fillStatic(around *block, kind *schema) {
	if b := around.one(kind); b.present() {
		draft := &staticDraft{}
		b.decode(draft)
		around.model.(*site.Route).Static = &draft.Static
	}
}

func readRoot(b *block, a *argument, s *staticDraft) {
	if root, ok := b.text(a); ok {
		s.Root = b.directory(a.name, root)
	}
}

func readIndex(b *block, a *argument, s *staticDraft) {
	if !b.holds(a) {
		s.index = []string{strings.Trim(a.standard, `["]`)}
		return
	}
	written, _ := b.texts(a)
	for _, name := range written {
		switch {
		case name.text == "", strings.HasPrefix(name.text, "."), strings.ContainsAny(name.text, `/\$`), strings.ContainsFunc(name.text, unicode.IsControl):
			b.errorAt(name.place, `write the name of a file, such as "index.html"`, "%q is no name for an index file", name.text)
		case !slices.Contains(s.index, name.text):
			s.index = append(s.index, name.text)
		}
	}
}

func readTryFiles(b *block, a *argument, s *staticDraft) {
	entries := []located{{"$uri", b.place}, {"$uri/", b.place}}
	if b.holds(a) {
		written, ok := b.texts(a)
		if ok && len(written) == 0 {
			b.errorAt(b.placeOf(a), "leave it out for "+a.standard, "%s is empty: no file would be served", a.name)
		}
		entries = written
	}
	for _, entry := range entries {
		if problem, remedy := tryProblem(entry.text); problem != "" {
			b.errorAt(entry.place, remedy, "%s entry %q %s", a.name, entry.text, problem)
			continue
		}
		for _, try := range expand(entry.text, s.index) {
			if !b.script(a, entry, try) && !slices.Contains(s.TryFiles, try) {
				s.TryFiles = append(s.TryFiles, try)
			}
		}
	}
	index := b.row(&s.index)
	if b.holds(a) && len(entries) > 0 && len(s.TryFiles) == 0 && len(s.index) == 0 && b.holds(index) {
		b.errorAt(b.placeOf(a), "add an index file, or an entry that names a file", "%s names only directories, and %s is empty", a.name, index.name)
	}
}

// expand makes the model's entries of a good one. Slashes that would be
// doubled where "$uri" is put in are dropped.
func expand(entry string, index []string) []site.Try {
	if strings.HasSuffix(entry, "/") {
		var tries []site.Try
		for _, name := range index {
			tries = append(tries, expand(entry+name, nil)...)
		}
		return tries
	}
	prefix, suffix, hasURI := strings.Cut(entry, "$uri")
	if !hasURI {
		return []site.Try{{Suffix: entry}}
	}
	return []site.Try{{Prefix: strings.TrimSuffix(prefix, "/"), Suffix: suffix, HasURI: true}}
}

// tryProblem is why a text is no entry of try_files; "" if it is one. An entry is "$uri"
// once, with a path before and any text behind it, or a fixed path. Nothing can lead out
// of the root, and nothing to a dot file, which is never served.
func tryProblem(entry string) (problem, remedy string) {
	prefix, suffix, hasURI := strings.Cut(entry, "$uri")
	switch {
	case entry == "":
		return "is empty", `write "$uri" or "/index.html", say`
	case strings.HasPrefix(entry, "="):
		return "is a status", "leave it out: 404 is the answer where no file and no backend is"
	case strings.HasPrefix(entry, "@"):
		return "is a named location", "leave it out: the route's backend answers what no file does"
	case strings.ContainsFunc(entry, unicode.IsControl):
		return "holds a control character", ""
	case strings.Contains(prefix+suffix, "$uri"):
		return `holds "$uri" twice`, "use it once"
	case strings.Contains(prefix+suffix, "$"):
		return "holds a variable that is not $uri", `only "$uri" is known here; a query is never part of a file's name`
	case hasURI && startsWord(suffix):
		return fmt.Sprintf("holds the variable \"$uri%s\"", wordOf(suffix)), `only "$uri" is known here`
	case strings.ContainsAny(entry, "?#\\"):
		return `holds "?", "#" or "\"`, "write the path of a file"
	case !hasURI && !strings.HasPrefix(entry, "/"), hasURI && prefix != "" && !strings.HasPrefix(prefix, "/"):
		return `does not begin with "$uri" or "/"`, fmt.Sprintf("write %q", "/"+entry)
	case strings.Contains(strings.ReplaceAll(entry, "/$uri", "$uri"), "//"):
		return `holds "//"`, `write one "/"`
	}
	// A request for "/" puts nothing between prefix and suffix, any other
	// puts a name there.
	for _, path := range []string{prefix + suffix, prefix + "/x" + suffix} {
		for segment := range strings.SplitSeq(path, "/") {
			if segment == "." || segment == ".." {
				return fmt.Sprintf("holds a %q segment", segment), "write a path within root"
			}
		}
	}
	for segment := range strings.SplitSeq(prefix+"x"+suffix, "/") {
		if strings.HasPrefix(segment, ".") && segment != ".well-known" {
			return "names a dot file, and those are never served", ""
		}
	}
	return "", ""
}

func startsWord(text string) bool { return wordOf(text) != "" }

func wordOf(text string) string {
	return text[:len(text)-len(strings.TrimLeftFunc(text, func(r rune) bool {
		return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r)
	}))]
}
