package edge

import (
	"fmt"
	"regexp"
	"strings"
)

// summary keeps the last lines of a log. Lines in a row that differ in their
// numbers alone are one.
func summary(text string, count int) string {
	var kept []string
	last, times := "", 0
	for line := range strings.Lines(text) {
		shape := digits.ReplaceAllString(line, "0")
		if shape == last {
			times++
			kept[len(kept)-1] = fmt.Sprintf("%s [and %d more like it]\n", strings.TrimSuffix(line, "\n"), times)
			continue
		}
		last, times = shape, 0
		kept = append(kept, line)
	}
	before := ""
	if len(kept) > count {
		before = fmt.Sprintf("[%d lines before]\n", len(kept)-count)
		kept = kept[len(kept)-count:]
	}
	return before + strings.Join(kept, "")
}

var digits = regexp.MustCompile(`[0-9]+`)
