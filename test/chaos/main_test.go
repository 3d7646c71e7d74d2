// Package chaos kills, stops and breaks what an edge is made of, under load, and
// holds that nobody notices but those whom the dead were serving.
package chaos

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"edgegen/test/edge"
)

var (
	duration = flag.Duration("duration", 0, "how long the faults go on (default 25s, in CI 1m)")
	rounds   = flag.Int("rounds", 9, "how often edgegen itself is killed")
	engines  = flag.String("engines", "native", "the combinations of engines that faults befall, with commas between them")
)

// appArgument makes the tests' own program an app, for edgegen to run.
const appArgument = "serve-as-an-app"

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == appArgument {
		fmt.Fprintln(os.Stderr, serve(os.Args[2]))
		os.Exit(1)
	}
	flag.Parse()
	os.Exit(edge.Main(m))
}

func serve(socket string) error {
	_ = os.Remove(socket) // one that was killed has left it
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	if err := os.Chmod(socket, 0o666); err != nil { // the daemons may be somebody else
		return err
	}
	return http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "supervised") }))
}

// howLong is for how long the faults go on.
func howLong() time.Duration {
	switch {
	case *duration > 0:
		return *duration
	case os.Getenv("CI") == "true":
		return time.Minute
	}
	return 25 * time.Second
}
