package importer

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"edgegen/internal/hcltext"
)

// unit is what a line of the written text belongs to.
type unit struct {
	block    *block
	argument *argument // nil for the head or the end of the block
}

// text is the tree as HCL, with the unit of each line.
type text struct {
	lines []string
	units []unit
}

// write writes the whole tree. What is off stands in comments, with the reason.
func write(file *block) *text {
	t := &text{}
	for i, one := range ordered(file.blocks) {
		if i > 0 {
			t.put(unit{block: file}, "", "")
		}
		t.block(one, "", "")
	}
	return t
}

func (t *text) String() string { return strings.Join(t.lines, "\n") + "\n" }

// put adds lines that belong to a unit. hide is what stands before those in a comment:
// the white space of the first of them, and "# ".
func (t *text) put(u unit, hide, lines string) {
	for line := range strings.SplitSeq(lines, "\n") {
		if hide != "" {
			line = hide + strings.TrimPrefix(line, strings.TrimSuffix(hide, "# "))
		}
		t.lines, t.units = append(t.lines, line), append(t.units, u)
	}
}

func (t *text) block(b *block, hide, indent string) {
	u := unit{block: b}
	if b.off != "" && hide == "" {
		t.put(u, hide, indent+"# "+oneLine(b.off))
		hide = indent + "# "
	}
	if places := placesOf(b.from); places != "" && b.labelled {
		t.put(u, hide, indent+"# "+places)
	}
	if len(b.arguments) == 0 && len(b.blocks) == 0 {
		t.put(u, hide, indent+b.head()+" {}")
		return
	}
	t.put(u, hide, indent+b.head()+" {")
	for _, a := range b.arguments {
		t.argument(b, a, hide, indent+"  ")
	}
	for i, one := range ordered(b.blocks) {
		if i > 0 || len(b.arguments) > 0 {
			t.put(u, hide, "")
		}
		t.block(one, hide, indent+"  ")
	}
	t.put(u, hide, indent+"}")
}

func (t *text) argument(b *block, a *argument, hide, indent string) {
	u := unit{b, a}
	for _, line := range a.comment {
		t.put(u, hide, indent+"# "+oneLine(line))
	}
	if a.off != "" && hide == "" {
		t.put(u, hide, indent+"# "+oneLine(a.off))
		hide = indent + "# "
	}
	t.put(u, hide, indent+a.name+" = "+strings.ReplaceAll(a.value, "\n", "\n"+indent))
}

// ordered puts blocks in the order in which the language tells of them.
func ordered(blocks []*block) []*block {
	all := slices.Clone(blocks)
	slices.SortStableFunc(all, func(a, b *block) int { return cmp.Compare(rank(a.kind), rank(b.kind)) })
	return all
}

func rank(kind string) int {
	return slices.Index([]string{"route", "raw", "maintenance", "cache", "backend", "hsts", "tls", "engine"}, kind) * -1
}

// placesOf are the lines that a block comes from, in short.
func placesOf(lines []*Line) string {
	const most = 3
	var all []string
	for i, line := range lines {
		if i == most {
			all = append(all, "…")
			break
		}
		all = append(all, fmt.Sprintf("%s:%d", filepath.Base(line.File), line.Line))
	}
	return oneLine(strings.Join(all, ", "))
}

// oneLine is a text that can stand in a comment.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, text)
}

// listed reads back what list and quote have written.
func listed(value string) (texts []string) {
	expression, problems := hclsyntax.ParseExpression([]byte(value), "", hcl.InitialPos)
	if problems.HasErrors() {
		return nil
	}
	read, problems := expression.Value(nil)
	switch {
	case problems.HasErrors() || read.IsNull():
	case read.Type() == cty.String:
		return []string{read.AsString()}
	case read.Type().IsTupleType():
		for _, one := range read.AsValueSlice() {
			if one.Type() == cty.String {
				texts = append(texts, one.AsString())
			}
		}
	}
	return texts
}

// seconds writes a number of seconds as a duration of the language.
func seconds(n int64) string {
	for _, unit := range []struct {
		name string
		size int64
	}{{"d", 86400}, {"h", 3600}, {"m", 60}} {
		if n > 0 && n%unit.size == 0 {
			return hcltext.Quote(fmt.Sprintf("%d%s", n/unit.size, unit.name))
		}
	}
	return hcltext.Quote(fmt.Sprintf("%ds", n))
}
