// Package hostile puts an edge between an app that answers with whatever a
// generator makes up and clients that ask in odd ways, and holds that no daemon
// dies of it and that nobody gets a byte of another's answer.
package hostile

import (
	"flag"
	"os"
	"testing"
	"time"

	"edgegen/test/edge"
)

var (
	duration = flag.Duration("duration", 3*time.Second, "how long each combination of engines is tried")
	seed     = flag.Uint64("seed", 1, "where the generator begins; what is found names the answer by its number")
	clients  = flag.Int("clients", 8, "how many ask at the same time; with 1 an answer that ends a daemon is known")
	engines  = flag.String("engines", "native,builtin-web", "the combinations of engines that are tried, with commas between them")
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(edge.MainQuickly(m))
}
