package reload

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"edgegen/test/edge"
	"edgegen/test/load"
)

// TestKilledCompiler: what a C compiler leaves when it is killed goes with the
// runtime directory.
func TestKilledCompiler(t *testing.T) {
	t.Parallel()
	h := edge.NewHome(t, edge.Native)
	h.Wrap()
	good := plain(load.StartApp(t, "app"), "", `"127.0.0.1:0"`)
	h.Write("site.hcl", good)
	e := h.Run()
	h.Set(edge.CompilerHolds)
	h.Write("site.hcl", strings.Replace(good, "websocket = true", "websocket = true\n    cache {\n      ttl = \"1m\"\n    }", 1))
	answered := make(chan edge.Result, 1)
	go func() { answered <- e.Reload() }()
	await(t, "the compiler is at work", func() bool { return h.IsSet(edge.CompilerHeld) })
	if _, err := os.Stat(filepath.Join(h.State, "run", "tmp", edge.CompilerFile)); err != nil {
		t.Error(err)
	}
	e.Kill()
	<-e.Exited
	<-answered
	h.Settled(edge.Patience)
	for _, directory := range []string{h.Path("tmp"), h.Path("state/run")} {
		if left, _ := filepath.Glob(filepath.Join(directory, "*")); len(left) > 0 { // the pattern is right
			t.Errorf("left are %q", left)
		}
	}
}
