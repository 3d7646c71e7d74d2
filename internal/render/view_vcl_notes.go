package render

import (
	"slices"
	"strings"

	"edgegen/internal/site"
)

// vclMethods are some methods, as an expression and as the value of Allow.
type vclMethods struct{ Pattern, Allow string }

func methodsOf(names []string) vclMethods {
	return vclMethods{"^(?:" + strings.Join(names, "|") + ")$", site.AllowLine(names)}
}

// vclNotes are the names of notes, by who drops them.
type vclNotes struct {
	Taken  []string // what is looked at in a request: dropped when it comes
	Sorted []string // dropped before anybody is asked
	Asked  []string // what the web tier is told; what the file does not name is dropped likewise
	Others []string // likewise, where the web tier is not asked
	Judged []string // dropped once an answer has been judged
	Kept   []string // dropped on the way to a client
	// Renewed are those of them that are dropped when an app confirms what is stored.
	Renewed []string
}

func notesOfVCL() vclNotes {
	sorted := site.NoteNames(site.Sorted)
	return vclNotes{
		Taken:   site.NoteNames(site.Sorted, site.Asked, site.Relayed),
		Sorted:  sorted,
		Asked:   site.NoteNames(site.Asked, site.Relayed),
		Others:  slices.DeleteFunc(site.NoteNames(), func(name string) bool { return slices.Contains(sorted, name) }),
		Judged:  site.NoteNames(site.Judged),
		Kept:    site.NoteNames(site.Kept, site.Renewed),
		Renewed: site.NoteNames(site.Renewed),
	}
}
