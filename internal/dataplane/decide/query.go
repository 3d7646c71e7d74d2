package decide

import "strings"

// KeyTarget is the target that a response is stored under: without the parameters of
// the query that the site ignores (site.Cache.IgnoreQuery). The order of the others
// stays, and a target without ignored ones is as it was sent. Varnish is given the
// same rule.
func KeyTarget(ignored []string, target string) string {
	if len(ignored) == 0 {
		return target
	}
	path, query, has := strings.Cut(target, "?")
	if !has {
		return target
	}
	kept := append(make([]byte, 0, len(target)), path...)
	joint, taken := byte('?'), false
	for parameter := range strings.SplitSeq(query, "&") {
		if name, _, _ := strings.Cut(parameter, "="); name != "" && matchesAny(name, ignored) {
			taken = true
			continue
		}
		kept = append(append(kept, joint), parameter...)
		joint = '&'
	}
	if !taken {
		return target
	}
	return string(kept)
}
