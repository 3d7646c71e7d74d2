package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"edgegen/internal/site"
)

// static decodes a static block. index is ["index.html"] by default and
// try_files ["$uri", "$uri/"]. An entry that ends in "/" stands for the index
// files there, so it becomes one entry for each.
func (b *block) static() *site.Static {
	if !b.present() {
		return nil
	}
	s := &site.Static{Source: b.source()}
	if b.required("root", `"public"`) {
		if root, ok := b.text("root"); ok {
			s.Root = b.directory("root", root)
		}
	}
	index := b.indexNames()
	entries := []located{{"$uri", b.place}, {"$uri/", b.place}}
	if b.has("try_files") {
		written, ok := b.fewTexts("try_files", 32)
		if ok && len(written) == 0 {
			b.errorAt(b.nameOf("try_files"), `leave it out for ["$uri", "$uri/"]`, "try_files is empty: no file would be served")
		}
		entries = written
	}
	for _, entry := range entries {
		if problem, remedy := tryProblem(entry.text); problem != "" {
			b.errorAt(entry.place, remedy, "try_files entry %q %s", entry.text, problem)
			continue
		}
		for _, try := range expand(entry.text, index) {
			if !slices.Contains(s.TryFiles, try) {
				s.TryFiles = append(s.TryFiles, try)
			}
		}
	}
	if b.has("try_files") && len(entries) > 0 && len(s.TryFiles) == 0 && len(index) == 0 && b.has("index") {
		b.errorAt(b.nameOf("try_files"), "add an index file, or an entry that names a file", "try_files names only directories, and index is empty")
	}
	return s
}

func (b *block) indexNames() []string {
	if !b.has("index") {
		return []string{"index.html"}
	}
	written, _ := b.fewTexts("index", 32)
	var names []string
	for _, name := range written {
		switch {
		case name.text == "", strings.HasPrefix(name.text, "."), strings.ContainsAny(name.text, `/\$`), strings.ContainsFunc(name.text, unicode.IsControl):
			b.errorAt(name.place, `write the name of a file, such as "index.html"`, "%q is no name for an index file", name.text)
		case !slices.Contains(names, name.text):
			names = append(names, name.text)
		}
	}
	return names
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

// tryProblem is what makes a text no entry of try_files: "$uri" once, with a
// path before and any text behind it, or a fixed path. Nothing can lead out
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
