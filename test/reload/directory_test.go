package reload

import (
	"strings"
	"testing"

	"edgegen/test/edge"
	"edgegen/test/load"
)

// TestRefusalFromAnotherDirectory: a site that was named by a relative path is
// found by whoever is told what is wrong with it, wherever they work.
func TestRefusalFromAnotherDirectory(t *testing.T) {
	t.Parallel()
	h := edge.NewHome(t, edge.BuiltIn)
	h.Write("site.hcl", plain(load.StartApp(t, "app"), "", `"127.0.0.1:0"`))
	h.File = "site.hcl"
	e := h.Run()
	h.Write("site.hcl", "site {\n")
	for directory, file := range map[string]string{h.Dir: "site.hcl", h.Path("public"): h.Path("site.hcl")} {
		c := e.Command("reload", "--state-dir", e.State)
		c.Dir = directory
		output, err := c.CombinedOutput()
		if err == nil || !strings.Contains(string(output), "--> "+file+":") {
			t.Errorf("from %s: %v\n%s", directory, err, output)
		}
	}
	e.Stop()
}
