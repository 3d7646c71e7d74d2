package render

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"edgegen/internal/site"
)

// nginxFiles is one try_files. A route has several where a directory is to be
// redirected to its own name with a slash: the entry for its index then begins
// another location, so that the order of the entries is kept.
type nginxFiles struct {
	*site.Static
	Location string     // its name; "" for the route's own
	Indexes  []site.Try // that it begins with
	Tries    []site.Try
	Next     string // what is tried after the last: a location's name, or "" for 404
	App      string // that leads to the route's app; "" for none
	Compress *nginxCompress
	Raw      nginxRaw
	// ErrorCodes are those whose pages edgegen writes.
	ErrorCodes string
}

// filesOf makes the try_files of a route, numbered among those of its site.
func filesOf(route *nginxRoute, number int) []nginxFiles {
	var runs []nginxFiles
	one := nginxFiles{Static: route.Static, Compress: nginxCompressOf(route.Compress), Raw: nginxRawOf(route.Raw), ErrorCodes: errorCodes()}
	if route.App != nil {
		one.App, one.ErrorCodes = route.App.Location, errorCodes(405)
	}
	index := func(run nginxFiles) bool { return len(run.Indexes) > 0 && len(run.Indexes) == len(run.Tries) }
	for _, try := range served(route.Static, route.hidden) {
		last := len(runs) - 1
		if last < 0 || try.IsIndex() && !index(runs[last]) {
			run := one
			if last++; last > 0 {
				run.Location = fmt.Sprintf("edge_files_%d_%d", number, last)
				runs[last-1].Next = run.Location
			}
			runs = append(runs, run)
		}
		if try.IsIndex() {
			runs[last].Indexes = append(runs[last].Indexes, try)
		}
		runs[last].Tries = append(runs[last].Tries, try)
	}
	if len(runs) == 0 {
		runs = append(runs, one)
	}
	runs[len(runs)-1].Next = one.App
	return runs
}

// served are the entries of try_files up to the first that names, whatever is
// asked for, what is not to be served.
func served(s *site.Static, hidden Unserved) []site.Try {
	for i, try := range s.TryFiles {
		if !try.HasURI && hidden.has(try.Suffix) {
			return s.TryFiles[:i]
		}
	}
	return s.TryFiles
}

// longestDenial keeps the expression of one test readable, and within what
// nginx reads.
const longestDenial = 2000

// denials are the regular expressions of the paths by which an entry of
// try_files would come to what is not to be served.
func denials(s *site.Static, hidden Unserved) []string {
	var all []string
	for _, try := range s.TryFiles {
		if try.HasURI {
			all = append(all, hidden.paths(try)...)
		}
	}
	slices.Sort(all)
	var patterns []string
	for _, path := range slices.Compact(all) {
		if last := len(patterns) - 1; last >= 0 && len(patterns[last])+len(path) < longestDenial {
			patterns[last] += "|" + path
			continue
		}
		patterns = append(patterns, path)
	}
	for i := range patterns {
		patterns[i] = `^(?:` + patterns[i] + `)\z`
	}
	return patterns
}

// scripts is an expression for the paths that end so.
func scripts(endings []string) string {
	if len(endings) == 0 {
		return ""
	}
	for i := range endings {
		endings[i] = regexp.QuoteMeta(endings[i])
	}
	return "(?:" + strings.Join(endings, "|") + `)\z`
}
