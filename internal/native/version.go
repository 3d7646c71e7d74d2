package native

import (
	"regexp"
	"slices"
	"strings"
)

// parseVersion returns the version in what the program printed, "" if there is none.
func (p program) parseVersion(text string) string {
	match := p.version.FindStringSubmatch(text)
	if match == nil {
		return ""
	}
	return match[1]
}

// words returns the comma-separated words of every group 1, sorted, each once.
func words(pattern *regexp.Regexp, text string) []string {
	var found []string
	for _, match := range pattern.FindAllStringSubmatch(text, -1) {
		found = append(found, strings.Split(match[1], ",")...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}
