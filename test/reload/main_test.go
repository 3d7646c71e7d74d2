// Package reload asks a running edge, under load, for what the contract
// promises about a change of its configuration.
package reload

import (
	"cmp"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"testing"
	"time"

	"edgegen/test/edge"
	"edgegen/test/load"
)

// The defaults are enough to see what goes wrong at every reload; `make reloads`
// asks for more.
var (
	reloads = flag.Int("reloads", 3, "how many reloads in a row a run under load has")
	sockets = flag.Int("sockets", 60, "how many WebSockets are open meanwhile")
	every   = flag.Bool("every", false, "ask all eight combinations of engines, not four of them")
)

const (
	// appVariable tells this program to be an app, and at which address.
	appVariable = "RELOAD_APP"
	// appName is what it calls itself.
	appName = "RELOAD_APP_NAME"
	// appFarewell is a file that it writes some time after it was asked to end.
	appFarewell = "RELOAD_APP_FAREWELL"
	// appRelease is a file without which its answer has only a first line.
	appRelease = "RELOAD_APP_RELEASE"
)

func TestMain(m *testing.M) {
	if address := os.Getenv(appVariable); address != "" { // as an edge starts it
		serveApp(address)
	}
	flag.Parse()
	// Most of them wait for daemons; the processors are not what limits them.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err) // the flag is the testing package's own
	}
	if *every {
		os.Exit(edge.Main(m))
	}
	os.Exit(edge.MainQuickly(m))
}

func serveApp(address string) {
	if file := os.Getenv(appFarewell); file != "" {
		asked := make(chan os.Signal, 1)
		signal.Notify(asked, syscall.SIGTERM)
		go func() {
			<-asked
			time.Sleep(time.Second) // what an app has to do may take that long
			if err := os.WriteFile(file, nil, 0o644); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
			os.Exit(0)
		}()
	}
	if file := os.Getenv(appRelease); file != "" {
		fmt.Fprintln(os.Stderr, http.ListenAndServe(address, firstAndLast(file)))
		os.Exit(1)
	}
	fmt.Fprintln(os.Stderr, load.ServeApp(cmp.Or(os.Getenv(appName), "app"), address))
	os.Exit(1)
}

func firstAndLast(release string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "first\n")
		_ = http.NewResponseController(w).Flush() // an error shows in the answer
		for {
			if _, err := os.Stat(release); err == nil {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		fmt.Fprint(w, "last\n")
	}
}

// busy is held by a test that keeps the machine busy. Those that mostly wait run
// beside it.
var busy sync.Mutex

// heavy has one busy test at a time.
func heavy(t *testing.T) {
	t.Helper()
	t.Parallel()
	busy.Lock()
	t.Cleanup(busy.Unlock)
}

// combinations are those that are asked.
func combinations() []edge.Combination {
	if *every {
		return edge.Combinations()
	}
	return []edge.Combination{edge.Native, edge.BuiltIn, edge.BuiltInTLS, edge.NginxAlone}
}

// pure reports whether all tiers are of one kind.
func pure(c edge.Combination) bool { return c == edge.Native || c == edge.BuiltIn }
