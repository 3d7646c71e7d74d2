package accesslog

import (
	"math/rand/v2"
	"strings"

	"edgegen/internal/site"
)

// leaves reports whether a request is to have no line. One that has failed has one,
// and one that was slow.
func leaves(log *site.Log, r *Record) bool {
	if r.Status >= 500 || log.Slow > 0 && r.Duration > log.Slow && r.Status != switching {
		return false
	}
	for _, path := range log.Exclude {
		if below(r.Path, path) {
			return true
		}
	}
	return log.Omit > 0 && rand.Float64() < log.Omit
}

// switching is the status of a WebSocket, which takes long.
const switching = 101

// below reports whether a target asks for a path, or for what is below it.
func below(target, path string) bool {
	rest, found := strings.CutPrefix(target, path)
	return found && (rest == "" || rest[0] == '/' || rest[0] == '?' || strings.HasSuffix(path, "/"))
}
