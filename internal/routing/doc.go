// Package routing finds the route of a request among those of its site, which have an
// order: exact paths, then regular expressions as they are written, then paths with
// everything below them, the longest first. The first whose Match holds is taken.
//
// The order comes from the model for all who decide: the builtin tiers and edgegen
// explain by way of a Table, varnishd by tests that are rendered in the same order. A
// regular expression means the same to both, since Compile refuses what package regexp
// and PCRE2 read differently, and what PCRE2 could take long over (see shape.go).
package routing
