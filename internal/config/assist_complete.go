package config

import (
	"fmt"
	"slices"
	"strings"
)

// Candidate is what can stand at a place.
type Candidate struct {
	Label   string
	Kind    CandidateKind
	Detail  string // what it takes, in short
	Words   string // what it is, in Markdown
	Text    string // what is to be written
	Snippet string // the same with places to fill, as editors have them; "" where there are none
	At      Place  // what it takes the place of
}

// CandidateKind says what a candidate is.
type CandidateKind string

// The kinds.
const (
	ArgumentCandidate CandidateKind = "argument"
	BlockCandidate    CandidateKind = "block"
	ValueCandidate    CandidateKind = "value"
	NameCandidate     CandidateKind = "name" // of what is declared
	FunctionCandidate CandidateKind = "function"
)

// Complete lists what can stand at an offset, where a part of it may be written.
func (a *Assistant) Complete(file string, offset int) []Candidate {
	f, found := a.files[file]
	if !found || offset < 0 || offset > len(f.text) {
		return nil
	}
	b := f.whole.innermost(offset)
	if b.kind == nil {
		return nil
	}
	word, place := f.wordAt(offset)
	written := Place{file, place.from, place.to}
	typed := word[:offset-place.from]
	for _, i := range b.items {
		if i.value.from >= 0 && i.value.holds(offset) {
			return beginning(a.values(file, b, i, f.inString(i.value.from, offset), typed), typed, written)
		}
	}
	if !f.beginsItem(place.from) {
		return nil
	}
	return beginning(b.names(), typed, written)
}

// beginning keeps the candidates that begin with what is typed.
func beginning(all []Candidate, typed string, at Place) []Candidate {
	var kept []Candidate
	for _, c := range all {
		if strings.HasPrefix(c.Label, typed) || strings.HasPrefix(c.Label, `"`+typed) && typed != "" {
			c.At = at
			kept = append(kept, c)
		}
	}
	return kept
}

// beginsItem reports whether nothing but space stands between an offset and the
// line or the brace before it.
func (f assisted) beginsItem(offset int) bool {
	before := strings.TrimRight(string(f.text[:offset]), " \t")
	return before == "" || strings.HasSuffix(before, "\n") || strings.HasSuffix(before, "{") || strings.HasSuffix(before, "}")
}

// inString reports whether a string is open at an offset of a value.
func (f assisted) inString(from, offset int) bool {
	text := string(f.text[from:offset])
	return (strings.Count(text, `"`)-strings.Count(text, `\"`))%2 == 1
}

// names lists the arguments and blocks that a block does not have yet.
func (b *outline) names() (all []Candidate) {
	for i := range b.kind.arguments {
		row := &b.kind.arguments[i]
		if !slices.ContainsFunc(b.items, func(i item) bool { return i.name == row.name && i.value.from >= 0 }) {
			all = append(all, Candidate{Label: row.name, Kind: ArgumentCandidate, Detail: row.takes(), Words: row.describe(),
				Text: row.name + " = ", Snippet: row.name + " = ${0:" + snippetText(row.example) + "}"})
		}
	}
	for _, kind := range b.kind.blocks {
		if kind.many || !slices.ContainsFunc(b.children, func(child *outline) bool { return child.name == kind.name }) {
			all = append(all, Candidate{Label: kind.name, Kind: BlockCandidate, Detail: "block", Words: kind.describe(), Text: kind.name + " ", Snippet: kind.snippet()})
		}
	}
	return all
}

func (s *schema) snippet() string {
	if s.label == "" {
		return s.name + " {\n  $0\n}"
	}
	return fmt.Sprintf("%s \"${1:%s}\" {\n  $0\n}", s.name, snippetText(s.label))
}

// snippetText escapes what would be a place to fill.
func snippetText(text string) string {
	return strings.NewReplacer(`\`, `\\`, `$`, `\$`, `}`, `\}`).Replace(text)
}

// values lists what an argument can be.
func (a *Assistant) values(file string, b *outline, i item, quoted bool, typed string) (all []Candidate) {
	row := b.kind.argument(i.name)
	for _, root := range []string{variableRoot, localRoot} {
		for _, d := range a.declared(root) {
			all = append(all, Candidate{Label: root + "." + d.name, Kind: NameCandidate, Words: "```hcl\n" + d.words + "\n```", Text: root + "." + d.name})
		}
	}
	if strings.Contains(typed, ".") {
		return all
	}
	if quoted {
		all = nil
	}
	if row != nil {
		for _, value := range a.valuesOf(file, b, row) {
			if quoted {
				value.Label = strings.Trim(value.Label, `"`)
			}
			value.Text = value.Label
			all = append(all, value)
		}
	}
	if !quoted {
		for _, name := range functionNames() {
			all = append(all, Candidate{Label: name, Kind: FunctionCandidate, Detail: "function", Text: name + "("})
		}
	}
	return all
}

// valuesOf lists the constants that an argument can be.
func (a *Assistant) valuesOf(file string, b *outline, row *argument) (all []Candidate) {
	add := func(kind CandidateKind, label, words string) {
		all = append(all, Candidate{Label: label, Kind: kind, Words: words})
	}
	switch {
	case row.choices != nil && row.kind == textKind:
		for _, choice := range row.choices {
			add(ValueCandidate, `"`+choice+`"`, "")
		}
	case row.choices != nil:
		for _, choice := range row.choices {
			add(ValueCandidate, choice, "")
		}
	case row.kind == flagKind:
		add(ValueCandidate, "true", "")
		add(ValueCandidate, "false", "")
	case namesBackend(row):
		for _, d := range a.backends(file, b) {
			add(NameCandidate, `"`+d.name+`"`, "```hcl\n"+d.words+"\n```")
		}
	case row.standard != "":
		add(ValueCandidate, row.standard, "the default")
		add(ValueCandidate, row.example, "an example")
	case row.example != "":
		add(ValueCandidate, row.example, "an example")
	}
	return all
}
