// Package explain tells the way that a request would take, tier by tier, with the
// line of the HCL, the clause of the contract and the place in the rendered file
// behind each step. Nothing has to run. What becomes of a request is decided by
// dataplane/decide and dataplane/static, as for the builtin tiers; here it is put
// into words.
package explain
