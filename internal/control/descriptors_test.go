package control

import (
	"strings"
	"syscall"
	"testing"

	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/site"
	"edgegen/internal/tiers"
)

// A reload that asks for more connections raises the limit of open files, and
// tells where that does not reach.
func TestRaiseFurther(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	const low, more = 1024, 1000 // connections, for which 2000 files are the least
	if limit.Max < 4*more+1024 {
		t.Skipf("not covered here: the hard limit of open files is %d", limit.Max)
	}
	t.Cleanup(func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
			t.Error(err)
		}
	})
	of := func(connections int, web site.Engine) *generation.Generation {
		edge := &site.Edge{Limits: site.Limits{Connections: connections}}
		return &generation.Generation{Loaded: &config.Loaded{Edge: edge}, Engines: map[string]generation.Chosen{
			site.TLSTier: {Engine: site.Builtin}, site.CacheTier: {Engine: site.Builtin}, site.WebTier: {Engine: web}}}
	}
	for _, c := range []struct {
		name   string
		next   *generation.Generation
		raised bool
		warns  string
	}{
		{"no more", of(100, site.Nginx), false, ""},
		{"a daemon goes on", of(more, site.Nginx), true, "daemons that go on keep their limit of 1024 open files"},
		{"all builtin", of(more, site.Builtin), true, ""},
		{"enough as it is", of(300, site.Nginx), true, ""},
		{"more than may be", of(1<<28, site.Builtin), false, "too few for limits.connections"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: low, Max: limit.Max}); err != nil {
				t.Fatal(err)
			}
			warned := (&Edge{House: &tiers.House{}}).raiseFurther(of(100, site.Builtin), c.next)
			if (len(warned) == 1) != (c.warns != "") || len(warned) == 1 && !strings.Contains(warned[0].Summary, c.warns) {
				t.Errorf("%+v, want %q", warned, c.warns)
			}
			var now syscall.Rlimit
			if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &now); err != nil {
				t.Fatal(err)
			}
			wanted, _ := generation.Descriptors(c.next.Loaded.Edge.Limits.Connections, site.Builtin)
			if (now.Cur >= wanted) != c.raised && c.warns != "too few for limits.connections" {
				t.Errorf("the limit is %d; wanted are %d", now.Cur, wanted)
			}
		})
	}
}
