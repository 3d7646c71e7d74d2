//go:build profiled

package main

import (
	"fmt"
	"os"
	"runtime/pprof"
)

// profile writes how the time of this process is spent to the file that EDGEGEN_PROFILE
// names, until the function that it returns is called; bench/README.md says how to read it.
func profile() (stop func(), err error) {
	path := os.Getenv("EDGEGEN_PROFILE")
	if path == "" {
		return func() {}, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, err
	}
	return func() {
		pprof.StopCPUProfile()
		if err := file.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "edgegen: the profile:", err)
		}
	}, nil
}
