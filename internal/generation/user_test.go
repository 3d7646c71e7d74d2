package generation

import (
	"os"
	"strings"
	"testing"

	"edgegen/internal/site"
	"edgegen/internal/statedir"
	"edgegen/internal/supervise"
)

func TestX3WarnUnreadable(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	edge := &site.Edge{Sites: []site.Site{{Routes: []site.Route{{Path: "/a"}, {Path: "/", Static: &site.Static{Root: dir}}}}}}
	found := noFindings()
	warnUnreadable(statedir.User{Name: "stranger", Daemons: &supervise.Credential{UID: 4_000_000_000, GID: 4_000_000_000}}, edge, found)
	if len(found.All) != 1 || found.Refusal() != nil || !strings.Contains(found.All[0].Summary, "stranger") {
		t.Errorf("%+v", found.All)
	}
}
