package render

import (
	"slices"
	"strings"

	"edgegen/internal/site"
)

// lookalikes lists, for each header that a client must not forge, the spellings that many
// apps read as that header, because they do not distinguish "_" from "-". VCL and nginx can
// remove a header only by its full name.
func lookalikes() [][]string {
	names := slices.Concat([]string{"X-Real-IP", "X-Request-Id", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"},
		site.ForwardedNames(), site.SenderNames(), site.CertNames(), site.MethodNames(), site.HyphenatedNames())
	all := make([][]string, len(names))
	for i, name := range names {
		all[i] = spellings(name)[1:]
	}
	return all
}

// spellings writes a name with "-" or "_" in each place where it has "-". The
// first is the name itself.
func spellings(name string) []string {
	first, rest, found := strings.Cut(name, "-")
	if !found {
		return []string{name}
	}
	endings := spellings(rest)
	all := make([]string, 0, 2*len(endings))
	for _, joint := range []string{"-", "_"} {
		for _, ending := range endings {
			all = append(all, first+joint+ending)
		}
	}
	return all
}
