package config

import (
	"iter"
	"slices"
)

// language is the whole language.
func language() *schema {
	return &schema{title: "a site file", blocks: []*schema{edgeLanguage(), siteLanguage(), variableLanguage(), localsLanguage()}}
}

// Engines returns the tiers, in the order that a request passes them, each with
// the engines that can serve it.
func Engines() iter.Seq2[string, []string] {
	return func(yield func(string, []string) bool) {
		for _, a := range engineLanguage().arguments {
			if !yield(a.name, slices.Clone(a.choices)) {
				return
			}
		}
	}
}
