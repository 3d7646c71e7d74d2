package config

import (
	"slices"
	"strconv"
	"strings"

	"github.com/agext/levenshtein"
)

// nearest returns the known name that a misspelt one is likely to mean.
func nearest(name string, known []string) (string, bool) {
	const far, many = 3, 200
	if len(known) > many {
		return "", false
	}
	best, distance := "", far
	for _, candidate := range known {
		d := levenshtein.Distance(strings.ToLower(name), strings.ToLower(candidate), nil)
		// Two changes to a short word make another word.
		if shorter := min(len(name), len(candidate)); d >= shorter || d > 1 && shorter < 4 && !sameLetters(name, candidate) {
			continue
		}
		if d < distance {
			best, distance = candidate, d
		}
	}
	return best, distance < far
}

// sameLetters finds letters that changed places, as in "tsl".
func sameLetters(a, b string) bool {
	x, y := []byte(a), []byte(b)
	slices.Sort(x)
	slices.Sort(y)
	return string(x) == string(y)
}

// suggest is the remedy for a value that is none of the known ones.
func suggest(name string, known []string) string {
	if near, ok := nearest(name, known); ok {
		return "did you mean " + strconv.Quote(near) + "?"
	}
	if len(known) == 0 || len(known) > 20 {
		return ""
	}
	return "write " + oneOf(known)
}

// oneOf lists choices: "a", "b" or "c".
func oneOf(choices []string) string {
	var quoted []string
	for _, choice := range choices {
		quoted = append(quoted, strconv.Quote(choice))
	}
	if len(quoted) < 2 {
		return strings.Join(quoted, "")
	}
	last := len(quoted) - 1
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}
