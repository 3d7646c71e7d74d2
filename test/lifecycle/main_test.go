// Package lifecycle holds the life of an edge against the real program and the
// real daemons: how it starts, what it leaves behind however it ends, how it
// gets over the death of its parts, and what it says to bad input.
package lifecycle

import (
	"flag"
	"os"
	"testing"

	"edgegen/test/edge"
)

// kills is how often an edge is killed while it starts; `make kills` asks for more.
var kills = flag.Int("kills", 5, "how often an edge is killed while it starts")

func TestMain(m *testing.M) {
	flag.Parse()
	// Most of them wait for daemons; the processors are not what limits them.
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err) // the flag is the testing package's own
	}
	os.Exit(edge.MainQuickly(m, "edgegen/test/lifecycle/app"))
}

// app is the program of the tests' app.
func app() string { return edge.Program("app") }

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
}
