package lsp

import (
	"bytes"
	"fmt"
	"net/url"
	"path/filepath"
	"unicode/utf8"
)

// positionAt is the place of an offset in a text.
func positionAt(text []byte, offset int) position {
	offset = min(max(offset, 0), len(text))
	begin := bytes.LastIndexByte(text[:offset], '\n') + 1
	return position{bytes.Count(text[:begin], []byte("\n")), units(text[begin:offset])}
}

// offsetOf is the offset of a place; one beyond the end of a line is its end.
func offsetOf(text []byte, at position) int {
	offset := 0
	for range at.Line {
		end := bytes.IndexByte(text[offset:], '\n')
		if end < 0 {
			return len(text)
		}
		offset += end + 1
	}
	for left := at.Character; left > 0 && offset < len(text) && text[offset] != '\n'; {
		c, size := utf8.DecodeRune(text[offset:])
		left -= unitsOf(c)
		offset += size
	}
	return offset
}

func rangeOf(text []byte, from, to int) textRange {
	return textRange{positionAt(text, from), positionAt(text, to)}
}

// units counts as UTF-16 does.
func units(text []byte) (n int) {
	for _, c := range string(text) {
		n += unitsOf(c)
	}
	return n
}

func unitsOf(c rune) int {
	if c > 0xffff {
		return 2
	}
	return 1
}

// pathOf is the path that a URI of a file names.
func pathOf(uri string) (string, error) {
	parsed, err := url.Parse(uri)
	if err != nil || parsed.Scheme != "file" || !filepath.IsAbs(parsed.Path) {
		return "", fmt.Errorf("%q is no file of this machine", uri)
	}
	return filepath.Clean(parsed.Path), nil
}

func uriOf(path string) string {
	return (&url.URL{Scheme: "file", Path: path}).String()
}
