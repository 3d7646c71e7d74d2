package sitefiles

import (
	"path/filepath"
	"regexp"
	"strings"
)

// Below is the path of a file below the site's directory, with slashes; false for another
// one.
func Below(root, name string) (string, bool) {
	inside, err := filepath.Rel(root, name)
	return filepath.ToSlash(inside), err == nil && filepath.IsLocal(inside)
}

// Shown is the name of a file as a person in the site's directory writes it.
func Shown(root, name string) string {
	if inside, ok := Below(root, name); ok {
		return inside
	}
	return name
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./@%+-]+$`)

// Word writes text as one word of a shell's, in quotes where it needs them.
func Word(text string) string {
	if plainWord.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
