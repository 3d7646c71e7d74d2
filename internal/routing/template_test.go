package routing

import (
	"testing"

	"edgegen/internal/site"
)

func TestTarget(t *testing.T) {
	keep := func(path, to, query string) site.Route {
		return site.Route{Path: path, Redirect: &site.Redirect{To: to, Path: "keep", Query: query}}
	}
	captured := func(pattern, to, query string) site.Route {
		return site.Route{Pattern: pattern, Redirect: &site.Redirect{To: to, Query: query}}
	}
	rewritten := func(w site.Rewrite) site.Route { return site.Route{Path: "/", Rewrite: &w} }
	for _, test := range []struct {
		route              site.Route
		path, target, want string
	}{
		{site.Route{Path: "/", Redirect: &site.Redirect{To: "/x"}}, "/", "/", ""},
		{keep("/", "https://x.test", "drop"), "/a b", "/a%20b?c", "https://x.test/a%20b"},
		{keep("/", "https://x.test/y/?a#b", "keep"), "/", "/?c", "https://x.test/y/?a&c#b"},
		{keep("/a", "/", "drop"), "/a/\\evil", "/a/\\evil", "/evil"},
		{keep("/a", "/", "drop"), "/a/evil", "/a//evil", "/evil"},
		{keep("/a", "/b", "keep"), "/a/c d", "/%61/c%20d?", "/b/c%20d"},
		{captured("^/(.*)$", "/{1}", "keep"), "/a\nb", "/a%0ab?c", "/a%3Fb?c"},
		{captured("^/a(x)?/(?<rest>.*)$", "/b{1}?r={rest}", "drop"), "/a/\xe4&=+%", "/", "/b?r=%E4%26%3D%2B%25"},
		{captured("^(?<all>.*)$", "/{all}", "drop"), "/evil/x", "//evil/x", "/evil/x"},
		{rewritten(site.Rewrite{StripPrefix: "/a"}), "/a", "/a", "/"},
		{rewritten(site.Rewrite{StripPrefix: "/a"}), "/ab", "/ab?c", "/ab?c"},
		{rewritten(site.Rewrite{StripPrefix: "/a", AddPrefix: "/b"}), "/a", "/a?c", "/b?c"},
		{rewritten(site.Rewrite{AddPrefix: "/b"}), "/a", "//a?c", "/b//a?c"},
		{rewritten(site.Rewrite{Pattern: "^/u/([0-9]+)$", Replacement: "/users?id={1}"}), "/u/7", "/u/7?x", "/users?id=7&x"},
		{rewritten(site.Rewrite{Pattern: "^/u/([0-9]+)$", Replacement: "/users?id={1}"}), "/v", "/v?x", ""},
	} {
		table, err := NewTable(&site.Site{Routes: []site.Route{test.route}})
		if err != nil {
			t.Fatal(err)
		}
		if got := table.Target(0, test.path, test.target); got != test.want {
			t.Errorf("%+v %q: %q, want %q", test.route, test.target, got, test.want)
		}
	}
}
