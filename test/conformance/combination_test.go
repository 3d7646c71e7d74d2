package conformance

import (
	"context"
	"os"

	"edgegen/internal/engines"
	"edgegen/internal/native"
	"edgegen/internal/site"
	"edgegen/test/edge"
)

// asked is the one place that says which cases are asked of which combination:
// every case of every one, but for what a tier that is left out would do, and for
// what is about leaving it out.
func asked(c edge.Combination, one contractCase) bool {
	behind, uncached := c.TLS == site.Off, c.Cache == site.Off
	switch {
	case one.raw != "" && !c.Has(one.raw):
		return false
	case one.certified && c.TLS != site.Builtin:
		return false
	case one.uncached:
		return uncached
	case uncached && one.stores():
		return false
	case one.behind:
		return behind
	case one.plain, one.tls:
		return !behind
	}
	return true
}

// declares reports whether one of the combination's engines has a declared
// difference of that name over a version of HTTP, and whether it is one that is seen only
// sometimes.
func declares(c edge.Combination, name string, over version) (declared, sometimes bool) {
	for _, d := range engines.Differences() {
		if d.Name == name && (d.Over == "" || over == http1) && c.Serves(d.Engine, d.Tier) && (d.With == "" || c.Has(d.With)) &&
			(d.Gone == "" || d.In(versionOf(d.Engine))) {
			return true, d.Sometimes
		}
	}
	return false, false
}

// versionOf is that of the daemon which is installed; "" where none is.
func versionOf(engine site.Engine) string {
	found, _ := native.Find(context.Background(), engine, native.Directories(os.Getenv("PATH")))
	return found.Version
}
