package native

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
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

// olderThan compares dotted numbers; a missing part counts as zero.
func olderThan(version, minimum string) bool {
	have, want := strings.Split(version, "."), strings.Split(minimum, ".")
	for len(have) < len(want) {
		have = append(have, "0")
	}
	return slices.CompareFunc(have[:len(want)], want, func(a, b string) int {
		// The patterns let only digits through, and Atoi makes the largest int
		// of a number that is too large for one.
		left, _ := strconv.Atoi(a)
		right, _ := strconv.Atoi(b)
		return cmp.Compare(left, right)
	}) < 0
}
