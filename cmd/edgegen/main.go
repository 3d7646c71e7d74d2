// Command edgegen renders one HCL file into the configuration of stunnel,
// Varnish and nginx, and runs and supervises them.
package main

import (
	"context"
	"os"

	"edgegen/internal/supervise"
)

func main() {
	// The guardian is this program again; it must not do anything else first.
	if len(os.Args) == 2 && os.Args[1] == guardianArgument {
		os.Exit(supervise.GuardianMain(os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(run(context.Background(), os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}
