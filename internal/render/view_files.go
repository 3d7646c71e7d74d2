package render

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"edgegen/internal/site"
)

// nginxFiles is one try_files. A route has several if directories are redirected to their
// path with a slash: an index entry then begins another location, so that the order of the
// entries is kept.
type nginxFiles struct {
	*site.Static
	Location string     // its name; "" for the route's own
	Indexes  []site.Try // that it begins with
	Tries    []site.Try
	Next     string // what is tried after the last: a location's name, or "" for 404
	App      string // the location of the route's app; "" for none
	Compress *nginxCompress
	Raw      nginxRaw
	// ErrorCodes are the statuses that get a plain error page.
	ErrorCodes string
}

// filesOf makes the try_files of a route; number is the route's number in its site.
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

// served returns the entries of try_files up to the first one that always names an unserved
// file.
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

// denials returns regular expressions for the paths that an entry of try_files would turn
// into an unserved file.
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

// scripts returns a regular expression for the paths with one of these endings.
func scripts(endings []string) string {
	if len(endings) == 0 {
		return ""
	}
	for i := range endings {
		endings[i] = regexp.QuoteMeta(endings[i])
	}
	return "(?:" + strings.Join(endings, "|") + `)\z`
}
