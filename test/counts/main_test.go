// Package counts asks edges of every mix of engines the same generated requests, and
// holds what they have counted against what the clients have.
package counts

import (
	"flag"
	"os"
	"testing"

	"edgegen/test/edge"
)

var (
	requests = flag.Int("requests", 400, "how many requests each mix of engines is asked")
	engines  = flag.String("engines", "native,builtin", "the mixes of engines, with commas between them")
	seed     = flag.Uint64("seed", 1, "what the requests are generated from")
	scrapes  = flag.Int("scrapes", 300, "how often the metrics are scraped")
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(edge.Main(m))
}
