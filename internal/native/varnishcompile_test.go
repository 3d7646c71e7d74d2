package native

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"edgegen/internal/site"
	"edgegen/internal/supervise"
	"edgegen/test/quick"
)

// compiling is a varnishd whose compiler notes each time that it is called, and what is
// kept of that from one start to the next.
type compiling struct {
	dir, calls string
	daemon     Daemon
	kept       Objects
}

func newCompiling(t *testing.T, before string) *compiling {
	t.Helper()
	daemon := installed(t, site.Varnish)
	compiler, err := FindCompiler(daemon.Path)
	if err != nil {
		t.Fatal(err)
	}
	c := &compiling{dir: publicDirectory(t), calls: filepath.Join(publicDirectory(t), "calls"), kept: Objects{filepath.Join(t.TempDir(), "compiled")}}
	c.daemon = compiledBy(t, daemon, compiler, "echo >>"+c.calls+"\n"+before)
	return c
}

// hasty is what a shell does before it calls the real compiler.
func hasty() string {
	if tcc := quick.Compiler(); tcc != "" {
		return quick.Script(tcc)
	}
	return ""
}

// start starts varnishd for an edge, has f ask it, ends it, and returns how often it has
// compiled.
func (c *compiling) start(t *testing.T, edge *site.Edge, f func(*reloaded)) (compiled int) {
	t.Helper()
	if err := os.RemoveAll(c.calls); err != nil {
		t.Fatal(err)
	}
	t.Run("start", func(t *testing.T) {
		if err := os.RemoveAll(filepath.Join(c.dir, "web.sock")); err != nil {
			t.Fatal(err)
		}
		f(startVarnishIn(t, c.dir, c.daemon, edge, func(s *Setup) {
			s.Objects, s.Unkept = c.kept, func(err error) { t.Error(err) }
			s.Once = func(ctx context.Context, p supervise.Process) (supervise.Exit, error) {
				return supervise.Once(ctx, p, nil)
			}
		}))
	})
	calls, err := os.ReadFile(c.calls)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.Count(string(calls), "\n")
}

// What VCL has been compiled to serves the next start. Whatever may be wrong with it, the
// start takes what the VCL says.
func TestCompiledVCLIsKept(t *testing.T) {
	c := newCompiling(t, "")
	app := echoApp(t)
	const many = 180 // sites, of three hosts and routes each
	edge := sites(many, app)
	for i := range edge.Sites {
		setValue(edge, i, "0")
	}
	parts := 0
	answers := func(r *reloaded) {
		parts = len(r.inUse().programs)
		for _, host := range []string{edge.Sites[0].Host, edge.Sites[many-1].Host} {
			if got := r.value(t, host); got != "4000" {
				t.Errorf("%s answers %q", host, got)
			}
		}
	}
	if compiled := c.start(t, edge, answers); parts < 3 || compiled != parts {
		t.Errorf("compiled %d times for %d VCLs", compiled, parts)
	}
	one := func() string {
		t.Helper()
		all, err := filepath.Glob(filepath.Join(c.kept.Dir, "*.so"))
		if err != nil || len(all) != parts {
			t.Fatalf("%d objects are kept of %d VCLs: %v", len(all), parts, err)
		}
		return all[0]
	}
	for _, test := range []struct {
		name     string
		before   func(t *testing.T)
		compiled func() int
	}{
		{"all is kept", func(*testing.T) {}, func() int { return 0 }},
		{"one file is broken", func(t *testing.T) {
			rewrite(t, one(), func(b []byte) []byte { return b[:len(b)/2] })
		}, func() int { return 1 }},
		{"one is whole and cannot be loaded", func(t *testing.T) {
			key := strings.TrimSuffix(filepath.Base(one()), ".so")
			if err := c.kept.keep(key, []byte("\x7fELF, and no more")); err != nil {
				t.Fatal(err)
			}
		}, func() int { return 1 }},
		{"one has gone", func(t *testing.T) { c.kept.drop(strings.TrimSuffix(filepath.Base(one()), ".so")) }, func() int { return 1 }},
		{"another varnishd", func(t *testing.T) {
			if err := os.Chtimes(c.daemon.Path, time.Time{}, time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		}, func() int { return parts }},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.before(t)
			if compiled := c.start(t, edge, answers); compiled != test.compiled() {
				t.Errorf("compiled %d times, want %d", compiled, test.compiled())
			}
		})
	}
}

// A reload back to what was there compiles nothing, as a start does not.
func TestReloadsKeepCompiledVCL(t *testing.T) {
	c := newCompiling(t, hasty())
	app := echoApp(t)
	edge := sites(1, app)
	const values = keptSets + 3 // so that varnishd no longer holds the first
	compiled := c.start(t, edge, func(r *reloaded) {
		for _, value := range []int{1, 2, 3, 4, 5, 1} {
			setValue(edge, 0, fmt.Sprint(value))
			r.reload(t, edge)
			if got := r.value(t, edge.Sites[0].Host); got != fmt.Sprintf("400%d", value) {
				t.Errorf("after a reload to %d: %s", value, got)
			}
		}
	})
	if compiled != values+1 {
		t.Errorf("compiled %d times, want %d", compiled, values+1)
	}
	if compiled := c.start(t, edge, func(*reloaded) {}); compiled != 0 {
		t.Errorf("compiled %d times what is kept", compiled)
	}
}

// What the owner has written may depend on more than its text.
func TestForeignVCLIsNotKept(t *testing.T) {
	c := newCompiling(t, hasty())
	edge := sites(1, echoApp(t))
	edge.Raw = &site.RawTexts{Varnish: site.RawVCL{Recv: site.Raw{{Text: `set req.http.X-Own = "1";`, Source: edge.Sites[0].Source}}}}
	for range 2 {
		if compiled := c.start(t, edge, func(*reloaded) {}); compiled != 1 {
			t.Errorf("compiled %d times", compiled)
		}
	}
}
