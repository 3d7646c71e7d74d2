package conformance

import (
	"edgegen/internal/native"
	"edgegen/internal/site"
	"edgegen/test/edge"
)

// asked is the one place that says which clauses are asked of which
// combination. Every clause of the corpus is asked of every combination.
func asked(edge.Combination, string) bool { return true }

// declares reports whether one of the combination's engines has a declared
// difference of that name, and whether it is one that is seen only sometimes.
func declares(c edge.Combination, name string) (declared, sometimes bool) {
	for _, d := range native.Differences() {
		if d.Name == name && c.Has(site.Engine(d.Engine)) && (d.With == "" || c.Has(site.Engine(d.With))) {
			return true, d.Sometimes
		}
	}
	return false, false
}
