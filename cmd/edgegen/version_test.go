package main

import "testing"

func TestVersionOf(t *testing.T) {
	for noted, want := range map[string]string{
		"v1.2.3":                                    "1.2.3",
		"v1.2.3-rc.1":                               "1.2.3-rc.1",
		"v0.0.0-20261130204008-0679e11d2505":        release,
		"v1.2.4-0.20261130204008-0679e11d2505":      release,
		"v1.2.4-rc.1.0.20261130204008-0679e11d2505": release,
		"v1.2.3+dirty":                              release,
		"(devel)":                                   release,
		"":                                          release,
	} {
		if got := versionOf(noted); got != want {
			t.Errorf("%q is %q, and should be %q", noted, got, want)
		}
	}
}
