package importer

import (
	"regexp"
	"sync"
)

// lazily is an expression that is compiled when it is first asked for: an edge that
// starts imports nothing, and compiles none of them.
func lazily(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
