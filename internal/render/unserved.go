package render

import (
	"slices"
	"strings"

	"edgegen/internal/site"
)

// Unserved lists what nginx must not serve below a root. nginx only compares names, so every
// name that leads to a private file is here. Names begin with "/" and are relative to the
// root; the tree "/" is all of it.
type Unserved struct {
	Root     string // as in site.Static
	Names    []string
	Families []site.Family // their directories end in "/"
	Trees    []string
}

func (u Unserved) has(name string) bool {
	return slices.Contains(u.Names, name) ||
		slices.ContainsFunc(u.Trees, func(tree string) bool { return tree == "/" || name == tree || strings.HasPrefix(name, tree+"/") }) ||
		slices.ContainsFunc(u.Families, func(f site.Family) bool {
			own, ok := strings.CutPrefix(name, f.Directory)
			return ok && !strings.Contains(own, "/") && strings.HasSuffix(own, f.Ending)
		})
}

// paths returns regular expressions for the request paths that an entry of try_files would
// turn into an unserved name. The part of a path before a suffix may end in a slash.
func (u Unserved) paths(try site.Try) []string {
	var all []string
	add := func(name, rest string) {
		path, ok := strings.CutPrefix(name, try.Prefix)
		if strings.HasPrefix(try.Suffix, "/") {
			rest += "/?"
		}
		if ok && (path == "" || path[0] == '/') {
			all = append(all, literal(path)+rest)
		}
	}
	for _, name := range u.Names {
		if before, ok := strings.CutSuffix(name, try.Suffix); ok {
			add(before, "")
		}
	}
	for _, family := range u.Families {
		if before, ok := strings.CutSuffix(family.Ending, try.Suffix); ok {
			add(family.Directory, "[^/]*"+literal(before))
		}
	}
	for _, tree := range u.Trees {
		switch {
		case tree == "/" || strings.HasPrefix(try.Prefix+"/", tree+"/"):
			all = append(all, "(?s:.*)")
		default:
			add(tree, "(?:/(?s:.*))?")
		}
	}
	return all
}
