package conformance

import (
	"slices"

	"edgegen/internal/native"
	"edgegen/internal/site"
)

// combination says which engine serves each tier.
type combination struct {
	name            string
	tls, cache, web site.Engine
}

// combinations are what the corpus is run against.
func combinations() []combination {
	return []combination{
		{"native", site.Stunnel, site.Varnish, site.Nginx},
		{"builtin", site.Builtin, site.Builtin, site.Builtin},
		{"builtin tls", site.Builtin, site.Varnish, site.Nginx},
		{"builtin cache", site.Stunnel, site.Builtin, site.Nginx},
		{"builtin web", site.Stunnel, site.Varnish, site.Builtin},
		{"stunnel alone", site.Stunnel, site.Builtin, site.Builtin},
		{"varnish alone", site.Builtin, site.Varnish, site.Builtin},
		{"nginx alone", site.Builtin, site.Builtin, site.Nginx},
	}
}

// asked is the one place that says which clauses are asked of which
// combination. Every clause of the corpus is asked of every combination.
func (c combination) asked(string) bool { return true }

// argument is the value of --engine.
func (c combination) argument() string {
	return "tls=" + string(c.tls) + ",cache=" + string(c.cache) + ",web=" + string(c.web)
}

func (c combination) engines() []site.Engine { return []site.Engine{c.tls, c.cache, c.web} }

// daemons are the engines that have to be installed.
func (c combination) daemons() []site.Engine {
	return slices.DeleteFunc(c.engines(), func(e site.Engine) bool { return e == site.Builtin })
}

// declares reports whether one of the combination's engines has a declared
// difference of that name, and whether it is one that is seen only sometimes.
func (c combination) declares(name string) (declared, sometimes bool) {
	for _, d := range native.Differences() {
		if d.Name == name && slices.Contains(c.engines(), site.Engine(d.Engine)) &&
			(d.With == "" || slices.Contains(c.engines(), site.Engine(d.With))) {
			return true, d.Sometimes
		}
	}
	return false, false
}
