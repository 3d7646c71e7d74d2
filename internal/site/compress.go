package site

import (
	"slices"
	"strings"
)

// Compress has a route's answers compressed for clients that take that.
type Compress struct {
	Algorithms []string // of Codings(), those that are preferred first
	MinSize    int64    // bytes below which an answer passes as it is; one of unknown length is taken to be long
	Types      []string // media types without parameters, in lower case; "*" stands for any run of characters
	Source     Source
}

// Codings are the content codings that an answer can be given in. The first makes texts the
// smallest.
func Codings() []string { return []string{"br", "zstd", "gzip"} }

// Gzip is the coding that is stored where only one can be.
const Gzip = "gzip"

// UnstoredCodings are the codings, in lower case, in which no answer is stored. Stored
// answers are told apart by what the app was told of Accept-Encoding, which is gzip and br
// alone. So an answer in another coding might be given to a client that does not take that
// coding.
func UnstoredCodings() []string { return slices.Clone(unstoredCodings[:]) }

var unstoredCodings = [...]string{"deflate", "zstd", "compress", "x-compress", "dcb", "dcz", "exi", "pack200-gzip", "aes128gcm"}

// IsUnstoredCoding reports whether a coding, in any case, is one of the UnstoredCodings.
func IsUnstoredCoding(name string) bool { return holds(unstoredCodings[:], name) }

// CompressedTypes are the types that are compressed unless a route names others:
// texts of all kinds, and fonts and pictures that are not compressed themselves.
func CompressedTypes() []string {
	return []string{"text/*", "application/json", "application/*+json", "application/x-ndjson", "application/javascript", "application/xml", "application/*+xml",
		"application/wasm", "application/vnd.apple.mpegurl", "application/rtf", "font/otf", "font/ttf", "image/bmp", "image/svg+xml", "image/vnd.microsoft.icon"}
}

// Takes reports whether answers of a media type are compressed. The type may have
// parameters. A type of IsCompressed never is.
func (c *Compress) Takes(contentType string) bool {
	name, _, _ := strings.Cut(contentType, ";")
	name = strings.ToLower(strings.TrimSpace(name))
	return !IsCompressed(name) && slices.ContainsFunc(c.Types, func(pattern string) bool { return fits(name, pattern) })
}

// fits compares a name with a pattern in which "*" stands for any run of characters.
func fits(name, pattern string) bool {
	start, rest, star := strings.Cut(pattern, "*")
	if !star || !strings.HasPrefix(name, start) {
		return name == pattern
	}
	end := rest[strings.LastIndexByte(rest, '*')+1:]
	name = name[len(start):]
	if !strings.HasSuffix(name, end) {
		return false
	}
	name = name[:len(name)-len(end)]
	for part := range strings.SplitSeq(strings.TrimSuffix(rest, end), "*") {
		at := strings.Index(name, part)
		if at < 0 {
			return false
		}
		name = name[at+len(part):]
	}
	return true
}

// IsCompressed reports a media type, in lower case, whose content is compressed already, so
// that compressing it again costs time and saves nothing.
func IsCompressed(name string) bool {
	kind, rest, _ := strings.Cut(name, "/")
	switch kind {
	case "video":
		return true
	case "audio":
		return rest != "wav" && rest != "x-wav" && rest != "midi"
	case "image":
		return !slices.Contains([]string{"bmp", "svg+xml", "tiff", "vnd.microsoft.icon", "x-icon"}, rest)
	case "font":
		return rest == "woff" || rest == "woff2"
	case "application":
		return strings.HasPrefix(rest, "vnd.openxmlformats") || slices.Contains([]string{"zip", "gzip", "x-gzip", "zstd", "x-bzip2", "x-xz",
			"x-7z-compressed", "java-archive", "epub+zip", "font-woff", "x-rar-compressed", "vnd.rar"}, rest)
	}
	return false
}
