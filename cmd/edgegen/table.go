package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"edgegen/internal/printable"
	"edgegen/internal/tones"
)

// cell is one field of a table; its tone may be "".
type cell struct{ text, tone string }

// table is text in columns, for people. Its first row is the heading.
type table struct {
	rows  []tableRow
	lates bool // what is the latest stands at the end of the last column: what does not fit is left out before it
}

type tableRow struct {
	cells []cell
	note  string // stands below the row, "" for none
}

func newTable(headings ...string) *table {
	t := &table{}
	t.add("", cellsOf(headings...)...)
	return t
}

func cellsOf(texts ...string) []cell {
	cells := make([]cell, len(texts))
	for i, text := range texts {
		cells[i] = cell{text: text}
	}
	return cells
}

// add appends a row and the note that stands below it.
func (t *table) add(note string, cells ...cell) {
	t.rows = append(t.rows, tableRow{cells, note})
}

// write aligns the columns. The last one is broken to fit the width; 0 breaks
// nothing.
func (t *table) write(out *strings.Builder, color bool, width int) {
	const gap = 2
	widths, indent := t.widths(), 0
	for _, w := range widths[:len(widths)-1] {
		indent += w + gap
	}
	for n, row := range t.rows {
		line := ""
		for i, c := range row.cells {
			text, tone := printable.Text(c.text), c.tone
			if n == 0 {
				tone = tones.Bold
			}
			if i == len(row.cells)-1 && t.lates && n > 0 && width > 0 {
				runes := []rune(text)
				text = string(runes[max(0, len(runes)-max(0, width-indent)):])
			} else if i == len(row.cells)-1 {
				text = strings.Join(wrap(text, width-indent), "\n"+strings.Repeat(" ", indent))
			}
			if tone != "" && text != "" {
				text = tones.Paint(color, tone, text)
			}
			line += text
			if i < len(row.cells)-1 {
				line += strings.Repeat(" ", widths[i]-len([]rune(c.text))+gap)
			}
		}
		fmt.Fprintln(out, strings.TrimRight(line, " "))
		if row.note != "" {
			mark := strings.Repeat(" ", widths[0]+gap) + "= "
			fmt.Fprintf(out, "%s%s\n", mark, strings.Join(wrap(printable.Text(row.note), width-len(mark)), "\n"+strings.Repeat(" ", len(mark))))
		}
	}
}

func (t *table) widths() []int {
	widths := make([]int, len(t.rows[0].cells))
	for _, row := range t.rows {
		for i, c := range row.cells {
			widths[i] = max(widths[i], len([]rune(c.text)))
		}
	}
	return widths
}

// printJSON writes a value for a program.
func printJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
