// Package conformance asks a running edge for what the contract promises. The
// corpus of cases names no engine: it is run against every combination of
// engines, and what a daemon cannot do is declared in native.Differences and
// has to be observed here.
package conformance

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"edgegen/test/edge"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// Most cases wait for somebody else's clock; the processors are not what
	// limits how many can run.
	if err := flag.Set("test.parallel", "24"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(edge.Main(m))
}
