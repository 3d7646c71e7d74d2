package main

import (
	"fmt"
	"regexp"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// release is the version of a source tree that has no tag.
const release = "0.1.0-dev"

func newVersion(s streams) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: `  edgegen version`,
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			goVersion := "unknown Go"
			if info, ok := debug.ReadBuildInfo(); ok {
				goVersion = info.GoVersion
			}
			_, err := fmt.Fprintf(s.out, "edgegen %s (%s)\n", version(), goVersion)
			return err
		},
	}
}

// version is that of the tag whose commit this program was built from, and else
// release: what Go makes up for other commits has a time and a hash.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return release
	}
	return versionOf(info.Main.Version)
}

// versionOf reads what Go notes of the main module.
func versionOf(noted string) string {
	tag := regexp.MustCompile(`^v([0-9]+\.[0-9]+\.[0-9]+(?:-[a-z]+(?:\.[0-9]+)?)?)$`).FindStringSubmatch(noted)
	if tag == nil {
		return release
	}
	return tag[1]
}
