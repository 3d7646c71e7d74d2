package main

import (
	"fmt"
	"slices"
	"strings"

	"edgegen/internal/explain"
	"edgegen/internal/printable"
	"edgegen/internal/tones"
)

// explanationText is an explanation for people. A width of 0 breaks no lines.
func explanationText(e *explain.Explanation, color bool, width int) string {
	var out strings.Builder
	first, foretold := e.Answer, ""
	if e.Live != nil && e.Live.Answer != "" {
		first, foretold = e.Live.Answer, "Foretold: "+e.Answer
	}
	for i, one := range []struct{ tone, text string }{{tones.Bold, first}, {tones.Dim, foretold}} {
		if one.text != "" || i == 0 {
			fmt.Fprintf(&out, "%s\n", tones.Paint(color, one.tone, strings.Join(wrap(printable.Text(one.text), width), "\n")))
		}
	}
	out.WriteString("\n")
	if e.Generation != nil {
		fmt.Fprintf(&out, "%s\n\n", tones.Paint(color, tones.Dim, strings.Join(wrap(e.Generation.String(), width), "\n")))
	}
	if doubt := e.Doubt(); doubt != "" {
		fmt.Fprintf(&out, "%s\n\n", strings.Join(wrap(printable.Text(doubt), width), "\n"))
	}
	steps := stepsTable(e.Steps)
	if width > 0 && width < roomy {
		steps = narrowSteps(e.Steps)
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

// roomy is how wide a terminal has to be for a step to stand in one row.
const roomy = 120

func stepsTable(all []explain.Step) *table {
	steps := newTable("TIER", "STEP", "CLAUSE", "SITE", "WHAT HAPPENS")
	daemons := slices.ContainsFunc(all, func(step explain.Step) bool { return len(step.Rendered) > 0 })
	if daemons {
		steps = newTable("TIER", "STEP", "CLAUSE", "SITE", "RENDERED", "WHAT HAPPENS")
	}
	for _, step := range all {
		row := []cell{{text: step.Tier}, {text: step.Name}, {orDash(step.Clause), tones.Dim}, {orDash(step.Source), tones.Dim}}
		if daemons {
			row = append(row, cell{orDash(strings.Join(step.Rendered, " ")), tones.Dim})
		}
		steps.add("", append(row, cell{text: step.Says})...)
	}
	return steps
}

// narrowSteps writes clause and places in a line below what happens.
func narrowSteps(all []explain.Step) *table {
	steps := newTable("TIER", "STEP", "WHAT HAPPENS")
	for _, step := range all {
		steps.add("", cell{text: step.Tier}, cell{text: step.Name}, cell{text: step.Says})
		places := slices.DeleteFunc(append([]string{step.Clause, step.Source}, step.Rendered...), func(s string) bool { return s == "" })
		if len(places) > 0 {
			steps.add("", cell{}, cell{}, cell{strings.Join(places, ", "), tones.Dim})
		}
	}
	return steps
}

// writeLive writes what came beside what was foretold.
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
	fmt.Fprintf(out, "\n%s\n", tones.Paint(color, tones.Bold, heading))
	rows := newTable("", "", "FORETOLD", "CAME")
	for _, c := range l.Compared {
		mark, tone := "", ""
		if c.Differs {
			mark, tone = "!=", tones.Alarm
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
	fmt.Fprintf(out, "\n%s\n", tones.Paint(color, tones.Bold, heading))
	for _, f := range fields {
		source := ""
		if f.Source != "" {
			source = tones.Paint(color, tones.Dim, "    "+printable.Text(f.Source))
		}
		fmt.Fprintf(out, "  %s: %s%s\n", printable.Text(f.Name), printable.Text(f.Value), source)
	}
}
