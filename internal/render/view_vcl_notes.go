package render

import (
	"slices"
	"strings"

	"edgegen/internal/site"
)

// vclMethods has some methods, as a regular expression and as the value of Allow.
type vclMethods struct{ Pattern, Allow string }

func methodsOf(names []string) vclMethods {
	return vclMethods{"^(?:" + strings.Join(names, "|") + ")$", site.AllowLine(names)}
}

// vclNotes are the names of notes, by who drops them.
type vclNotes struct {
	Taken  []string // dropped from a client's request when it arrives, if the file reads them
	Sorted []string // dropped before the web tier or an app is asked
	Asked  []string // for the web tier; those that the file does not use are dropped as Sorted are
	Others []string // dropped if an app is asked without the web tier
	Judged []string // dropped from an answer once it is decided whether it is stored
	Kept   []string // stored with an answer, and dropped before a client gets it
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
