package importer

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestExpressions compiles each expression of the package, as most of them are compiled
// for some files alone.
func TestExpressions(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	lazy := regexp.MustCompile("= lazily\\((.*)\\)\n")
	found := 0
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range lazy.FindAllStringSubmatch(string(text), -1) {
			found++
			if _, err := regexp.Compile(strings.Trim(match[1], "`")); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if found < 30 {
		t.Errorf("%d expressions are found", found)
	}
}
