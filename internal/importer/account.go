package importer

import (
	"fmt"
	"strings"

	"edgegen/internal/printable"
)

// Account is what became of every line, for a person.
func (r *Result) Account(paint func(Verdict, string) string) string {
	var out strings.Builder
	right, file := 0, ""
	for _, line := range r.Lines {
		if line.File != file {
			file = line.File
			fmt.Fprintf(&out, "%s\n", printable.Text(file))
		}
		if len(line.PutRight) > 0 {
			right++
		}
		fmt.Fprintf(&out, "%5d  %s  %s\n", line.Line, paint(line.Verdict, fmt.Sprintf("%-14s", line.Verdict)), printable.Text(line.Text))
		for _, into := range line.Into {
			fmt.Fprintf(&out, "       → %s\n", printable.Text(strings.TrimSuffix(into, " → ")))
		}
		for _, words := range line.PutRight {
			fmt.Fprintf(&out, "       put right: %s\n", printable.Text(words))
		}
		if line.Why != "" {
			fmt.Fprintf(&out, "       %s\n", printable.Text(line.Why))
		}
		if line.Remedy != "" {
			fmt.Fprintf(&out, "       = %s\n", printable.Text(line.Remedy))
		}
	}
	counts := r.counts()
	fmt.Fprintf(&out, "\n%d translated, of which %d put right something; %d without effect; %d refused\n", counts[Translated], right, counts[Idle], counts[Refused])
	return out.String()
}

// Report is the account for a program, as JSON.
type Report struct {
	Counts map[Verdict]int `json:"counts"` // of all verdicts
	Lines  []*Line         `json:"lines"`  // never nil
}

// Report is what became of every line, for a program.
func (r *Result) Report() Report {
	return Report{r.counts(), append([]*Line{}, r.Lines...)}
}
