package routing

import (
	"iter"
	"strings"
	"testing"

	"edgegen/internal/site"
)

type fields [][2]string

func (f fields) Has(name string) bool {
	for range f.Values(name) {
		return true
	}
	return false
}

func (f fields) Values(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, one := range f {
			if strings.EqualFold(one[0], name) && !yield(one[1]) {
				return
			}
		}
	}
}

func TestFind(t *testing.T) {
	field := func(name, value string) []site.MatchedField {
		return []site.MatchedField{{Name: name, Value: value}}
	}
	table, err := NewTable(&site.Site{Routes: []site.Route{
		{Path: "/x/", Exact: true},
		{Pattern: "^/u/[0-9]+$"},
		{Pattern: "^/u/"},
		{Path: "/api", Match: &site.Match{Methods: []string{"POST"}}},
		{Path: "/api", Match: &site.Match{Headers: field("Cookie", "*a=1; b*"), Query: field("q", "a b*")}},
		{Path: "/api"},
		{Path: "/a"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	cookies := fields{{"cookie", "x; a=1"}, {"Cookie", "b=2"}}
	for _, test := range []struct {
		Request
		want int
	}{
		{Request{Path: "/x/"}, 0}, {Request{Path: "/x"}, -1}, {Request{Path: "/x/y"}, -1},
		{Request{Path: "/u/1"}, 1}, {Request{Path: "/u/1x"}, 2}, {Request{Path: "/v/u/1"}, -1},
		{Request{Method: "POST", Path: "/api/x"}, 3}, {Request{Method: "GET", Path: "/api"}, 5}, {Request{Path: "/apis"}, -1}, {Request{Path: "/a/b"}, 6},
		{Request{Method: "GET", Path: "/api", Query: "q=a+bc", Header: cookies}, 4}, {Request{Method: "GET", Path: "/api", Query: "q=a+bc"}, 5},
		{Request{Method: "GET", Path: "/api", Query: "q=x&%71=a%20b", Header: cookies}, 4}, {Request{Method: "GET", Path: "/api", Query: "q=%zz", Header: cookies}, 5},
	} {
		if got := table.Find(test.Request); got != test.want {
			t.Errorf("%+v: %d, want %d", test.Request, got, test.want)
		}
	}
	if !table.TooLong(strings.Repeat("/", LongestPath+1)) || table.TooLong(strings.Repeat("/", LongestPath)) {
		t.Error("the longest path is another")
	}
}
