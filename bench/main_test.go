// Package bench measures running edges. Nothing in it runs as a test; README.md
// beside it says how to measure and what came out.
package bench

import (
	"flag"
	"os"
	"testing"
	"time"

	"edgegen/test/edge"
)

var seconds = flag.Duration("window", 5*time.Second, "for how long one throughput is measured")

func TestMain(m *testing.M) {
	flag.Parse()
	if measures := flag.Lookup("test.bench"); measures == nil || measures.Value.String() == "" {
		os.Exit(m.Run()) // there is no need to build what is not measured
	}
	os.Exit(edge.Main(m))
}

// pure are the combinations that are measured.
func pure() []edge.Combination { return []edge.Combination{edge.Native, edge.BuiltIn} }

const host = "edge.test"

// milliseconds is a duration as a metric.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
