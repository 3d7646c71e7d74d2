package config

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"edgegen/internal/printable"
	"edgegen/internal/tones"

	"golang.org/x/text/width"
)

const (
	tabWidth    = 4
	lineWidth   = 110 // of a shown source line, in terminal cells
	contextLeft = 40  // cells kept left of the caret where a line is cut
)

// WriteText writes the list for a person, one paragraph a problem. Nothing
// that a file contains reaches the terminal as a control sequence. The error
// is the writer's.
func (d Diagnostics) WriteText(w io.Writer, color bool) error {
	var out strings.Builder
	for i, one := range d {
		if i > 0 {
			out.WriteByte('\n')
		}
		one.write(&out, color)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func (d Diagnostic) write(out *strings.Builder, color bool) {
	tone := tones.Alarm
	if d.Severity == Warning {
		tone = tones.Warning
	}
	frame := func(text string) string { return tones.Paint(color, tones.Blue, text) }
	fmt.Fprintf(out, "%s: %s\n", tones.Paint(color, tone, string(d.Severity)), tones.Paint(color, tones.Bold, printable.Text(d.Summary)))
	gutter := "  "
	if d.Line > 0 {
		gutter = strings.Repeat(" ", len(strconv.Itoa(d.Line))+1)
	}
	switch {
	case d.File == "":
	case d.Line == 0:
		fmt.Fprintf(out, "%s%s %s\n", gutter[1:], frame("-->"), printable.Text(d.File))
	default:
		fmt.Fprintf(out, "%s%s %s:%d:%d\n", gutter[1:], frame("-->"), printable.Text(d.File), d.Line, d.Column)
		line, caret := d.excerpt()
		fmt.Fprintf(out, "%s%s\n", gutter, frame("|"))
		fmt.Fprintf(out, "%s%s\n", frame(strconv.Itoa(d.Line)+" |"), strings.TrimRight(" "+line, " "))
		fmt.Fprintf(out, "%s%s %s\n", gutter, frame("|"), tones.Paint(color, tone, caret))
	}
	if d.Instance != "" {
		fmt.Fprintf(out, "%s%s in %s\n", gutter, frame("="), printable.Text(d.Instance))
	}
	for _, value := range d.Values {
		fmt.Fprintf(out, "%s%s %s\n", gutter, frame("="), printable.Text(value))
	}
	if d.Remedy != "" {
		fmt.Fprintf(out, "%s%s %s\n", gutter, frame("="), printable.Text(d.Remedy))
	}
}

// excerpt returns the source line as it is shown, and the line of carets
// below it. Both count in terminal cells, so that tabs and wide characters
// keep the carets where they belong.
func (d Diagnostic) excerpt() (line, caret string) {
	var shown []string // one entry for each character
	var cells []int
	for _, character := range characters(d.Snippet) {
		text, n := cell(character)
		shown, cells = append(shown, text), append(cells, n)
	}
	from := min(d.Column-1, len(cells))
	to := len(cells)
	if d.EndLine == d.Line {
		to = min(d.EndColumn-1, to)
	}
	first, last := window(cells, from)
	left, mark := 0, 0
	for i := first; i < last; i++ {
		switch {
		case i < from:
			left += cells[i]
		case i < to:
			mark += cells[i]
		}
	}
	line = strings.Join(shown[first:last], "")
	if first > 0 {
		line, left = "… "+line, left+2
	}
	if last < len(cells) {
		line += " …"
	}
	return line, strings.Repeat(" ", left) + strings.Repeat("^", max(mark, 1))
}

// window chooses the characters of a line that are shown around the one at
// index from.
func window(cells []int, from int) (first, last int) {
	total := 0
	for _, n := range cells {
		total += n
	}
	if total <= lineWidth {
		return 0, len(cells)
	}
	before := 0
	for first = from; first > 0 && before+cells[first-1] <= contextLeft; first-- {
		before += cells[first-1]
	}
	used := 0
	for last = first; last < len(cells) && used+cells[last] <= lineWidth; last++ {
		used += cells[last]
	}
	return first, last
}

// cell returns how one character (a grapheme cluster) is shown, and how many
// terminal cells that takes.
func cell(character string) (string, int) {
	if character == "\t" {
		return strings.Repeat(" ", tabWidth), tabWidth
	}
	n := 0
	for _, r := range character {
		if !unicode.IsPrint(r) {
			return "�", 1
		}
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me):
		case width.LookupRune(r).Kind() == width.EastAsianWide, width.LookupRune(r).Kind() == width.EastAsianFullwidth:
			n = max(n, 2)
		default:
			n = max(n, 1)
		}
	}
	return character, n
}
