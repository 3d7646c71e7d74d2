package main

import (
	"fmt"
	"slices"
	"strings"

	"edgegen/internal/explain"
	"edgegen/internal/printable"
)

// explanationText is an explanation for people. A width of 0 breaks no lines.
func explanationText(e *explain.Explanation, color bool, width int) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n\n", paint(color, bold, printable.Text(e.Answer)))
	if e.Generation != nil {
		fmt.Fprintf(&out, "%s\n\n", paint(color, dim, strings.Join(wrap(e.Generation.String(), width), "\n")))
	}
	if doubt := e.Doubt(); doubt != "" {
		fmt.Fprintf(&out, "%s\n\n", strings.Join(wrap(printable.Text(doubt), width), "\n"))
	}
	steps := newTable("TIER", "STEP", "CLAUSE", "SITE", "WHAT HAPPENS")
	daemons := slices.ContainsFunc(e.Steps, func(step explain.Step) bool { return len(step.Rendered) > 0 })
	if daemons {
		steps = newTable("TIER", "STEP", "CLAUSE", "SITE", "RENDERED", "WHAT HAPPENS")
	}
	for _, step := range e.Steps {
		row := []cell{{text: step.Tier}, {text: step.Name}, {orDash(step.Clause), dim}, {orDash(step.Source), dim}}
		if daemons {
			row = append(row, cell{orDash(strings.Join(step.Rendered, " ")), dim})
		}
		steps.add("", append(row, cell{text: step.Says})...)
	}
	steps.write(&out, color, width)
	writeFields(&out, color, "The app gets", e.AppHeaders)
	writeFields(&out, color, "The answer has", e.AnswerHeaders)
	if len(e.RemovedHeaders) > 0 {
		fmt.Fprintf(&out, "\nand not %s\n", printable.Text(strings.Join(e.RemovedHeaders, ", ")))
	}
	if e.Live != nil {
		writeLive(&out, color, width, e.Live)
	}
	return out.String()
}

// writeLive lays what came beside what was foretold.
func writeLive(out *strings.Builder, color bool, width int, l *explain.Live) {
	heading := "What came"
	switch {
	case l.Address == "":
		heading += ", by the access log"
	case l.Log == nil:
		heading += fmt.Sprintf(" from %s in %.0f ms", l.Address, l.Duration)
	default:
		heading += fmt.Sprintf(" from %s in %.0f ms, and by the access log", l.Address, l.Duration)
	}
	fmt.Fprintf(out, "\n%s\n", paint(color, bold, heading))
	rows := newTable("", "", "FORETOLD", "CAME")
	for _, c := range l.Compared {
		mark, tone := "", ""
		if c.Differs {
			mark, tone = "!=", alarm
		}
		rows.add("", cell{mark, tone}, cell{text: c.What}, cell{text: orDash(c.Foretold)}, cell{orDash(c.Came), tone})
	}
	rows.write(out, color, width)
	if len(l.Varnish) > 0 {
		out.WriteString("\n")
		varnishTable(l.Varnish).write(out, color, width)
	}
}

// writeFields lists header fields, with the lines that set them.
func writeFields(out *strings.Builder, color bool, heading string, fields []explain.Field) {
	if len(fields) == 0 {
		return
	}
	fmt.Fprintf(out, "\n%s\n", paint(color, bold, heading))
	for _, f := range fields {
		source := ""
		if f.Source != "" {
			source = paint(color, dim, "    "+printable.Text(f.Source))
		}
		fmt.Fprintf(out, "  %s: %s%s\n", printable.Text(f.Name), printable.Text(f.Value), source)
	}
}
