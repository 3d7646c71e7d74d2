package decide

import (
	"strings"
	"testing"
)

func FuzzPath(f *testing.F) {
	for _, seed := range []string{"/", "/a/../b", "/%2e%2e/", "/a%2f..%2f", "/%00", "/\x00", "/..%5c", "/.well-known/x?..", "//", "/a%2f/%2F/b//"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, target string) {
		path, status := DecodePath(target)
		if status != 200 {
			return
		}
		if !strings.HasPrefix(path, "/") || strings.ContainsRune(path, 0) || strings.Contains(path+"/", "/../") || strings.Contains(path+"/", "/./") || strings.Contains(path, "//") {
			t.Fatalf("%q gives %q", target, path)
		}
	})
}
