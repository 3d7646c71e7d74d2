package main

import (
	"fmt"
	"strings"
)

// diffContext is how many unchanged lines stand around a change.
const diffContext = 3

// unifiedDiff compares two texts of a few thousand lines, in the form that
// patch(1) reads.
func unifiedDiff(name string, before, after []byte) string {
	a, b := lines(before), lines(after)
	edits := compare(a, b)
	var out strings.Builder
	fmt.Fprintf(&out, "--- %s\n+++ %s\n", name, name)
	for start := 0; start < len(edits); {
		if edits[start].kind == ' ' {
			start++
			continue
		}
		from, to := max(0, start-diffContext), start
		for next := start; next < len(edits) && next-to <= 2*diffContext; next++ {
			if edits[next].kind != ' ' {
				to = next
			}
		}
		end := min(len(edits), to+diffContext+1)
		writeHunk(&out, edits[from:end])
		start = end
	}
	return out.String()
}

// edit is one line of a comparison: kept (' '), taken out ('-') or put in ('+').
type edit struct {
	kind byte
	text string
	a, b int // how many lines of each text stand before it
}

func writeHunk(out *strings.Builder, edits []edit) {
	var fewer, more int
	for _, e := range edits {
		if e.kind != '+' {
			fewer++
		}
		if e.kind != '-' {
			more++
		}
	}
	fmt.Fprintf(out, "@@ -%s +%s @@\n", span(edits[0].a, fewer), span(edits[0].b, more))
	for _, e := range edits {
		fmt.Fprintf(out, "%c%s", e.kind, e.text)
		if !strings.HasSuffix(e.text, "\n") {
			out.WriteString("\n\\ No newline at end of file\n")
		}
	}
}

// span writes where a run of lines stands; an empty one stands after a line.
func span(before, count int) string {
	if count == 0 {
		return fmt.Sprintf("%d,0", before)
	}
	return fmt.Sprintf("%d,%d", before+1, count)
}

func lines(text []byte) []string {
	if len(text) == 0 {
		return nil
	}
	all := strings.SplitAfter(string(text), "\n")
	if all[len(all)-1] == "" {
		all = all[:len(all)-1]
	}
	return all
}

// compare finds a longest common run of lines between the common head and tail.
func compare(a, b []string) []edit {
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	x, y := a[head:len(a)-tail], b[head:len(b)-tail]
	common := commonLengths(x, y)
	var edits []edit
	for i := range head {
		edits = append(edits, edit{' ', a[i], i, i})
	}
	i, j := 0, 0
	for i < len(x) || j < len(y) {
		switch {
		case i < len(x) && j < len(y) && x[i] == y[j]:
			edits = append(edits, edit{' ', x[i], head + i, head + j})
			i, j = i+1, j+1
		case j == len(y) || i < len(x) && common[i+1][j] >= common[i][j+1]:
			edits = append(edits, edit{'-', x[i], head + i, head + j})
			i++
		default:
			edits = append(edits, edit{'+', y[j], head + i, head + j})
			j++
		}
	}
	for k := range tail {
		edits = append(edits, edit{' ', a[len(a)-tail+k], len(a) - tail + k, len(b) - tail + k})
	}
	return edits
}

// commonLengths tells, for every pair of suffixes, how many lines they share.
func commonLengths(x, y []string) [][]int {
	table := make([][]int, len(x)+1)
	for i := range table {
		table[i] = make([]int, len(y)+1)
	}
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				table[i][j] = table[i+1][j+1] + 1
			} else {
				table[i][j] = max(table[i+1][j], table[i][j+1])
			}
		}
	}
	return table
}
