package decide

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// DecodePath decodes the path of a request target and merges its slashes: routes match
// the result, and files are looked up by it, so that no spelling of a path reaches a file
// past the route that guards it. The app gets the target as it came. Status is 200, or
// 400 for a broken escape or a NUL, or 404 for a path that walks.
func DecodePath(target string) (path string, status int) {
	if i := strings.IndexByte(target, '?'); i >= 0 {
		target = target[:i]
	}
	path = target
	if strings.IndexByte(target, '%') >= 0 {
		var err error
		if path, err = url.PathUnescape(target); err != nil {
			return "", http.StatusBadRequest
		}
	}
	if path == "" || path[0] != '/' || strings.IndexByte(path, 0) >= 0 {
		return "", http.StatusBadRequest
	}
	if strings.Contains(path, "/.") && walks(path) {
		return "", http.StatusNotFound
	}
	return mergeSlashes(path), http.StatusOK
}

// EncodeTarget is a target as a request names it: what cannot stand in a request line is
// percent-encoded, and all else stays as it is.
func EncodeTarget(target string) string {
	var out strings.Builder
	for i := range len(target) {
		if c := target[i]; c <= ' ' || c >= 0x7f || c == '#' {
			fmt.Fprintf(&out, "%%%02X", c)
		} else {
			out.WriteByte(c)
		}
	}
	return out.String()
}

// mergeSlashes makes one slash of several in a row.
func mergeSlashes(path string) string {
	i := strings.Index(path, "//")
	if i < 0 {
		return path
	}
	merged := []byte(path[:i+1])
	for ; i < len(path); i++ {
		if path[i] != '/' || merged[len(merged)-1] != '/' {
			merged = append(merged, path[i])
		}
	}
	return string(merged)
}

// walks reports a segment that is "." or "..".
func walks(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// WithSlash is the target of a directory with its last slash, the query kept.
// What begins with two slashes, as browsers also read a backslash, would lead
// to another host.
func WithSlash(target string) string {
	path, query, has := strings.Cut(target, "?")
	path = strings.TrimLeft(path, "/")
	if strings.HasPrefix(path, `\`) {
		path = "%5C" + path[1:]
	}
	path = "/" + path + "/"
	if has {
		path += "?" + query
	}
	return path
}
