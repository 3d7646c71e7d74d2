package config

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"edgegen/internal/site"
)

// mark is put on values that are kept secret. HCL and its functions hand it on
// to everything that is made of them.
type mark string

const sensitive = mark("kept secret")

// keepSecret remembers the texts of a sensitive value, so that no message shows
// them.
func (l *loader) keepSecret(value cty.Value) {
	_ = cty.Walk(value, func(_ cty.Path, part cty.Value) (bool, error) {
		if part.IsMarked() {
			l.keepTexts(part)
			return false, nil
		}
		return true, nil
	})
}

func (l *loader) keepTexts(value cty.Value) {
	plain, _ := value.UnmarkDeep()
	_ = cty.Walk(plain, func(_ cty.Path, part cty.Value) (bool, error) {
		if part.IsKnown() && !part.IsNull() && (part.Type() == cty.String || part.Type() == cty.Number) {
			text := strings.Trim(literalOf(part), `"`)
			if part.Type() == cty.String {
				text = part.AsString()
			}
			if text != "" {
				l.secrets[text] = true
				l.note.keepSecret(text)
			}
		}
		return true, nil
	})
}

// touchesSecret reports whether a part of an expression is sensitive, so that a
// message about it may tell.
func touchesSecret(expression hclsyntax.Expression, context *hcl.EvalContext) bool {
	found := false
	_ = hclsyntax.VisitAll(expression, func(node hclsyntax.Node) hcl.Diagnostics {
		if part, ok := node.(hclsyntax.Expression); ok && !found {
			value, _ := part.Value(context)
			found = value.ContainsMarked()
		}
		return nil
	})
	return found
}

// isOpen reports whether a name is not sensitive, and refuses one that is.
func (l *loader) isOpen(called string, name located) bool {
	if !l.origins[name.place].sensitive {
		return true
	}
	l.repeat(Diagnostic{Severity: Error, Summary: called + " cannot be sensitive", Instance: l.instance,
		Remedy: "names are shown in URLs, logs and rendered files; nonsensitive(…) shows a value"}, name.place)
	return false
}

// secrets are the texts of sensitive values.
type secrets map[string]bool

// hideIn hides the secrets in everything that a diagnostic shows.
func (s secrets) hideIn(d *Diagnostic) {
	known := s.longestFirst()
	for _, text := range []*string{&d.Summary, &d.Remedy, &d.Snippet, &d.Instance} {
		*text = site.Hide(*text, known)
	}
	d.Values = slices.Clone(d.Values)
	for i := range d.Values {
		d.Values[i] = site.Hide(d.Values[i], known)
	}
}

// longestFirst lists the secrets so that none hides a part of another.
func (s secrets) longestFirst() []string {
	var all []string
	for secret := range s {
		all = append(all, secret)
	}
	slices.SortFunc(all, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return all
}
