package engines

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// OlderThan compares versions, which are dotted numbers; a missing part counts as zero.
func OlderThan(version, minimum string) bool {
	have, want := strings.Split(version, "."), strings.Split(minimum, ".")
	for len(have) < len(want) {
		have = append(have, "0")
	}
	return slices.CompareFunc(have[:len(want)], want, func(a, b string) int {
		// Versions come from patterns that match digits only. For a number that is too
		// large, Atoi returns the largest int.
		left, _ := strconv.Atoi(a)
		right, _ := strconv.Atoi(b)
		return cmp.Compare(left, right)
	}) < 0
}
