package tiers

import (
	"fmt"
	"log/slog"
	"time"
)

const (
	// manyFiles of VCL take so long to be compiled that somebody may wonder.
	manyFiles = 20
	// everySoOften is how often it is told how far that has come.
	everySoOften = 5 * time.Second
	// manyParts of VCL take seconds to be compiled. At the start of an edge the builtin
	// tier serves meanwhile, where it may, when compilePatience is over: what is kept of
	// the start before is loaded within that.
	manyParts       = 4
	compilePatience = time.Second
)

// compiles is why varnishd does not serve yet: it compiles the VCL of so many sites.
type compiles int

func (c compiles) Error() string { return fmt.Sprintf("it compiles the VCL of %d sites", int(c)) }

// compiling returns what tells how far the VCL of many sites is compiled, at the beginning
// and from time to time.
func compiling(log *slog.Logger) func(done, of int) {
	var told time.Time
	return func(done, of int) {
		if of < manyFiles || time.Since(told) < everySoOften {
			return
		}
		told = time.Now()
		log.Info("compiling the VCL of many sites; the result is kept for the next start", "files", of, "done", done)
	}
}
