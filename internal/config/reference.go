package config

import (
	"fmt"
	"strings"
)

// Reference returns the reference of the language, in Markdown: every block
// and argument there is, from the table that decoding reads.
func Reference() []byte {
	var out strings.Builder
	out.WriteString(`# The language

Every block and argument of a site file. This page is made from the table that
edgegen reads site files by; ` + "`edgegen schema`" + ` prints the same as a JSON schema.

A size is a whole number with B, KiB, MiB, GiB or TiB (of 1024), or kB, MB, GB or
TB (of 1000). A duration is a number with d, h, m, s or ms, or several such, as
in "1h30m". A relative path starts at the directory of the file that names it.
"by" says who carries an argument out: a tier, with whichever engine serves it,
or edgegen itself.

## Values

A value may be an expression, as in Terraform: templates such as
"${var.name}.example.com", conditionals, for expressions, operators, and calls of
functions. An argument whose value is null counts as left out.

The value of a variable is, where several are given, the last of: its default;
the environment variable EDGEGEN_VAR_name; files beside the site that end in
.auto.edgevars or .auto.edgevars.json, in the order of their names; --var and
--var-file in the order of the command line. A running edge keeps what it was
started with when it reloads.

file, fileexists and templatefile read below the site's directory alone: no path
leads out of it, and no link. The site is read anew when such a file changes.
env("NAME") is a variable of edgegen's environment; one that is not set is an
error, unless a second argument says what stands for it. What is made of a
sensitive value is sensitive too. No function asks for the time or for chance.

`)
	fmt.Fprintf(&out, "Functions: `%s`.\n", strings.Join(functionNames(), "`, `"))
	for _, block := range append(language().blocks, dynamicLanguage()) {
		block.document(&out, "")
	}
	return []byte(out.String())
}

func (s *schema) document(out *strings.Builder, around string) {
	path := s.name
	if around != "" {
		path = around + " → " + s.name
	}
	header := s.name
	if s.label != "" {
		header += fmt.Sprintf(" %q", s.label)
	}
	fmt.Fprintf(out, "\n## %s\n\n`%s { … }`: %s.", path, header, s.words)
	if s.many {
		out.WriteString(" It may stand several times.")
	}
	out.WriteString("\n")
	if len(s.arguments) > 0 {
		out.WriteString("\n| argument | takes | default | what it is | example | by |\n|---|---|---|---|---|---|\n")
	}
	for i := range s.arguments {
		a := &s.arguments[i]
		fmt.Fprintf(out, "| `%s` | %s | %s | %s | `%s` | %s |\n", a.name, a.takes(), a.standardWords(),
			strings.ReplaceAll(a.words, "|", `\|`), a.name+" = "+a.example, strings.Join(a.by.names(), ", "))
	}
	for _, child := range s.blocks {
		child.document(out, path)
	}
}

func (a *argument) takes() string {
	var choices []string
	for _, choice := range a.choices {
		if a.kind == textKind {
			choice = `"` + choice + `"`
		}
		choices = append(choices, "`"+choice+"`")
	}
	switch {
	case choices != nil:
		return strings.Join(choices, ", ")
	case a.least != "":
		return fmt.Sprintf("%s, %s to %s", a.kind, a.least, a.most)
	case a.elements > 0:
		return fmt.Sprintf("%s, at most %d", a.kind, a.elements)
	}
	return string(a.kind)
}

func (a *argument) standardWords() string {
	switch {
	case a.needed:
		return "needed"
	case a.standard == "":
		return "–"
	}
	return "`" + a.standard + "`"
}
