package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manPages are the pages of a verb and of those below it, by the names of their files.
func manPages(c *cobra.Command) map[string]string {
	pages := map[string]string{manName(c) + ".1": manPage(c)}
	for _, below := range c.Commands() {
		if below.IsAvailableCommand() {
			for name, page := range manPages(below) {
				pages[name] = page
			}
		}
	}
	return pages
}

func manName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// manPage writes the page of a verb for man(7).
func manPage(c *cobra.Command) string {
	c.InitDefaultHelpFlag()
	var page strings.Builder
	fmt.Fprintf(&page, ".TH %q 1 %q %q edgegen\n", strings.ToUpper(manName(c)), manDate().Format("January 2006"), "edgegen "+version())
	fmt.Fprintf(&page, ".SH NAME\n%s \\- %s\n", manName(c), manText(c.Short))
	fmt.Fprintf(&page, ".SH SYNOPSIS\n.B %s\n", manText(c.UseLine()))
	page.WriteString(".SH DESCRIPTION\n")
	for paragraph := range strings.SplitSeq(strings.TrimSpace(c.Long), "\n\n") {
		page.WriteString(".PP\n" + manBlock(paragraph))
	}
	if c.HasAvailableFlags() {
		page.WriteString(".SH OPTIONS\n")
		c.Flags().VisitAll(func(f *pflag.Flag) { page.WriteString(manFlag(f)) })
	}
	if c.Example != "" {
		page.WriteString(".SH EXAMPLES\n.nf\n" + manText(strings.Trim(c.Example, "\n")) + "\n.fi\n")
	}
	if others := manSeeAlso(c); len(others) > 0 {
		page.WriteString(".SH SEE ALSO\n" + strings.Join(others, "\n") + "\n")
	}
	return page.String()
}

// manDate is SOURCE_DATE_EPOCH, so that the same source makes the same pages, or today.
func manDate() time.Time {
	if seconds, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		return time.Unix(seconds, 0).UTC()
	}
	return time.Now()
}

// manBlock is a paragraph. One with lines that begin with a space is a table, which keeps
// its lines.
func manBlock(paragraph string) string {
	text := manText(paragraph) + "\n"
	if strings.HasPrefix(paragraph, " ") || strings.Contains(paragraph, "\n ") {
		return ".nf\n" + text + ".fi\n"
	}
	return text
}

// manText escapes what would be a command of man(7), and what is no ASCII.
func manText(text string) string {
	lines := strings.Split(strings.ReplaceAll(strings.ReplaceAll(text, `\`, `\e`), "-", `\-`), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	var ascii strings.Builder
	for _, r := range strings.Join(lines, "\n") {
		if r < 0x80 {
			ascii.WriteRune(r)
		} else {
			fmt.Fprintf(&ascii, `\[u%04X]`, r)
		}
	}
	return ascii.String()
}

func manFlag(f *pflag.Flag) string {
	name := `\fB\-\-` + manText(f.Name) + `\fP`
	if f.Shorthand != "" {
		name = `\fB\-` + f.Shorthand + `\fP, ` + name
	}
	kind, usage := pflag.UnquoteUsage(f)
	if kind != "" {
		name += ` \fI` + manText(kind) + `\fP`
	}
	return ".TP\n" + name + "\n" + manText(usage) + "\n"
}

// manSeeAlso are the pages of the verb above and of those below.
func manSeeAlso(c *cobra.Command) (pages []string) {
	if c.HasParent() {
		pages = append(pages, `.BR `+manText(manName(c.Parent()))+` (1)`)
	}
	for _, below := range c.Commands() {
		if below.IsAvailableCommand() {
			pages = append(pages, `.BR `+manText(manName(below))+` (1)`)
		}
	}
	return pages
}
