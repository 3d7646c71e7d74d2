//go:build !profiled

package main

// profile does nothing in an edgegen that is built without the tag "profiled".
func profile() (stop func(), err error) { return func() {}, nil }
