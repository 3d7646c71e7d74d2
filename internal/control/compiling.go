package control

import (
	"log/slog"
	"time"
)

const (
	// manyFiles of VCL take so long to be compiled that somebody may wonder.
	manyFiles = 20
	// everySoOften is how often it is told how far that has come.
	everySoOften = 5 * time.Second
)

// compiling returns what tells how far the VCL of many sites is compiled, at the beginning
// and from time to time.
func compiling(log *slog.Logger) func(done, of int) {
	var told time.Time
	return func(done, of int) {
		if of < manyFiles || time.Since(told) < everySoOften {
			return
		}
		told = time.Now()
		log.Info("VCL of many sites is compiled, which is kept for the next start", "files", of, "done", done)
	}
}
