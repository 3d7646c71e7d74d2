package render

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"edgegen/internal/site"
)

// TestDenials asks for every path that leads to what is not to be served.
func TestDenials(t *testing.T) {
	s := &site.Static{Root: "/srv", TryFiles: []site.Try{
		{HasURI: true}, {Suffix: "/index.html", HasURI: true}, {Suffix: ".html", HasURI: true}, {Prefix: "/first", HasURI: true}, {Suffix: "/page.html"}}}
	hidden := Unserved{Root: "/srv", Names: []string{"/server.key", "/first/own.key", "/a/index.html", "/b.html", "/odd\n(.key"},
		Families: []site.Family{{Directory: "/certs/", Ending: ".pem"}, {Directory: "/first/c/", Ending: ".pem"}, {Directory: "/", Ending: ".hcl"}},
		Trees:    []string{"/state", "/first/run"}}
	patterns := denials(s, hidden)
	denied := func(path string) bool {
		for _, pattern := range patterns {
			if regexp.MustCompile(pattern).MatchString(path) {
				return true
			}
		}
		return false
	}
	for _, path := range strings.Split("/server.key /own.key /first/own.key /a/index.html /a /a/ /b /b.html /certs/x.pem /certs/.pem /c/x.pem /first/c/x.pem /site.hcl /state /state/x /state/x/y /run /run/x /first/run/x", " ") {
		if !denied(path) {
			t.Errorf("%s is not denied by %q", path, patterns)
		}
	}
	for _, path := range strings.Split("/ /server.key2 /x/server.key /serverxkey /certs/x/y.pem /certs/x.pemx /statement /b/ /x/site.hcl /index.html /page.html", " ") {
		if denied(path) {
			t.Errorf("%s is denied by %q", path, patterns)
		}
	}
	if !denied("/odd\n(.key") || !denied("/state/a\nb") {
		t.Error("a control byte in a name is not denied")
	}
	if all := denials(s, Unserved{Root: "/srv", Trees: []string{"/"}}); len(all) != 1 || all[0] != `^(?:(?s:.*))\z` {
		t.Errorf("a root within a tree: %q", all)
	}
	hidden.Names = append(hidden.Names, "/page.html")
	if got := served(s, hidden); len(got) != 4 {
		t.Errorf("a fixed entry is served: %v", got)
	}
}

// TestDenialsAreCut holds that nginx can read the tests of a root that holds
// thousands of keys.
func TestDenialsAreCut(t *testing.T) {
	hidden := Unserved{Root: "/srv"}
	for i := range 3000 {
		hidden.Names = append(hidden.Names, "/certs/"+strings.Repeat("x", 60)+strconv.Itoa(i)+".key")
	}
	s := &site.Static{Root: "/srv", TryFiles: []site.Try{{HasURI: true}, {Suffix: "/index.html", HasURI: true}}}
	for _, pattern := range denials(s, hidden) {
		if _, err := quoteNginxRegexp(pattern); err != nil {
			t.Fatal(err)
		}
	}
}
