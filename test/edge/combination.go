package edge

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"edgegen/internal/engines"
	"edgegen/internal/native"
	"edgegen/internal/site"
)

// Combination says which engine serves each tier.
type Combination struct {
	Name            string
	TLS, Cache, Web site.Engine
}

// Native, BuiltIn, BuiltInTLS and the others are the combinations; a name says
// which tiers stand out.
var (
	Native       = Combination{"native", site.Stunnel, site.Varnish, site.Nginx}
	BuiltIn      = Combination{"builtin", site.Builtin, site.Builtin, site.Builtin}
	BuiltInTLS   = Combination{"builtin-tls", site.Builtin, site.Varnish, site.Nginx}
	BuiltInCache = Combination{"builtin-cache", site.Stunnel, site.Builtin, site.Nginx}
	BuiltInWeb   = Combination{"builtin-web", site.Stunnel, site.Varnish, site.Builtin}
	StunnelAlone = Combination{"stunnel-alone", site.Stunnel, site.Builtin, site.Builtin}
	VarnishAlone = Combination{"varnish-alone", site.Builtin, site.Varnish, site.Builtin}
	NginxAlone   = Combination{"nginx-alone", site.Builtin, site.Builtin, site.Nginx}
)

// BehindNative and BehindBuiltIn leave the tls tier out.
var (
	BehindNative  = Combination{"behind-native", site.Off, site.Varnish, site.Nginx}
	BehindBuiltIn = Combination{"behind-builtin", site.Off, site.Builtin, site.Builtin}
)

// UncachedStunnel and the others leave the cache tier out.
var (
	UncachedStunnel = Combination{"uncached-stunnel", site.Stunnel, site.Off, site.Builtin}
	UncachedNative  = Combination{"uncached-native", site.Stunnel, site.Off, site.Nginx}
	UncachedBuiltIn = Combination{"uncached-builtin", site.Builtin, site.Off, site.Builtin}
	UncachedBehind  = Combination{"uncached-behind", site.Off, site.Off, site.Builtin}
)

// OneNginx has one nginx end TLS and be the web tier.
var OneNginx = Combination{"one-nginx", site.Nginx, site.Off, site.Nginx}

// LeavingOut returns the combinations that leave a tier out, in which every engine
// has a part. Their sites say so themselves, as no flag can: see Combination.Block.
func LeavingOut() []Combination {
	return []Combination{BehindNative, BehindBuiltIn, UncachedStunnel, UncachedNative, UncachedBuiltIn, UncachedBehind, OneNginx}
}

// Block is the engine block of a site that leaves out what the combination does; ""
// where that is nothing.
func (c Combination) Block() string {
	text := ""
	if c.TLS == site.Off {
		text += "    tls = \"off\"\n"
	}
	if c.Cache == site.Off {
		text += "    cache = \"off\"\n"
	}
	if text == "" {
		return ""
	}
	return "engine {\n" + text + "  }"
}

// Combinations returns all eight that leave none out.
func Combinations() []Combination {
	return []Combination{Native, BuiltIn, BuiltInTLS, BuiltInCache, BuiltInWeb, StunnelAlone, VarnishAlone, NginxAlone}
}

// Named returns the combinations of these names, which have commas between them.
func Named(t testing.TB, names string) []Combination {
	t.Helper()
	var found []Combination
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(Combinations(), func(c Combination) bool { return c.Name == name })
		if i < 0 {
			t.Fatalf("no combination of engines is called %q", name)
		}
		found = append(found, Combinations()[i])
	}
	return found
}

// Argument is the value of --engine.
func (c Combination) Argument() string {
	var all []string
	for tier, engine := range map[string]site.Engine{"tls": c.TLS, "cache": c.Cache, "web": c.Web} {
		if engine != site.Off {
			all = append(all, tier+"="+string(engine))
		}
	}
	return strings.Join(all, ",")
}

// SpeaksHTTP2 reports whether clients may choose HTTP/2.
func (c Combination) SpeaksHTTP2() bool {
	return engines.Spoken(&site.Edge{Protocols: site.Protocols{HTTP2: true}, Engine: site.Engines{TLS: c.TLS}}, site.Engines{TLS: c.TLS, Cache: c.Cache, Web: c.Web}).HTTP2
}

// Daemons are the engines that have to be installed.
func (c Combination) Daemons() []site.Engine {
	var daemons []site.Engine
	for _, engine := range []site.Engine{c.TLS, c.Cache, c.Web} {
		if engines.IsDaemon(engine) {
			daemons = append(daemons, engine)
		}
	}
	return daemons
}

// Serves reports whether the engine serves the tier, or any where that is "".
func (c Combination) Serves(engine site.Engine, tier string) bool {
	if tier == "" {
		return c.Has(engine)
	}
	return site.Engines{TLS: c.TLS, Cache: c.Cache, Web: c.Web}.Of(tier) == engine
}

// Has reports whether the engine serves one of the tiers.
func (c Combination) Has(engine site.Engine) bool {
	return c.TLS == engine || c.Cache == engine || c.Web == engine
}

// Need skips a test whose daemons are missing, with a line for each of them. In
// CI nothing is skipped.
func (c Combination) Need(t testing.TB) {
	t.Helper()
	missing := 0
	for _, engine := range c.Daemons() {
		if _, err := native.Find(context.Background(), engine, native.Directories(os.Getenv("PATH"))); err != nil {
			t.Logf("not covered: %s: %v", c.Name, err)
			missing++
		}
	}
	switch {
	case missing > 0 && os.Getenv("CI") == "true":
		t.Fatal("daemons are missing")
	case missing > 0:
		t.SkipNow()
	}
}

// Skip skips a test for which the machine lacks something; in CI that is a
// failure.
func Skip(t testing.TB, format string, arguments ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("not covered: "+format, arguments...)
	}
	t.Skipf("not covered: "+format, arguments...)
}
