// Package conformance asks a running edge for what the contract promises. The
// corpus of cases names no engine: it is run against every combination of
// engines, and what a daemon cannot do is declared in engines.Differences and
// has to be observed here.
package conformance

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"edgegen/test/edge"
)

// Most cases wait for somebody else's clock; the processors are not what limits
// how many can run. Where more than one combination is asked at a time, the next
// one starts while the last cases of another wait.
const (
	casesAtOnce        = 32
	combinationsAtOnce = 4
)

func TestMain(m *testing.M) {
	flag.Parse()
	// A combination that waits for its turn counts among what runs.
	if err := flag.Set("test.parallel", fmt.Sprint(casesAtOnce+len(edge.Combinations()))); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(edge.Main(m))
}
