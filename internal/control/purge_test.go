package control

import (
	"strings"
	"testing"

	"edgegen/internal/api"
	"edgegen/internal/site"
)

func TestK6Meant(t *testing.T) {
	edge := &site.Edge{Sites: []site.Site{
		{Host: "a.test", Aliases: []string{"www.a.test"}, Hosts: []string{"*.shop.a.test"}, Cache: site.Cache{IgnoreQuery: []string{"utm_*"}, Tags: "Cache-Tag"}},
		{Host: "b.test", Default: true},
		{Host: "::1"},
	}}
	lone := &site.Edge{Sites: edge.Sites[:1]}
	tests := map[string]struct {
		edge  *site.Edge
		asked api.Purge
		want  site.Purge
		fault string
	}{
		"a URL":                      {edge, api.Purge{URL: "https://A.test.:8443/x?b=1&utm_a=2&a=3#part"}, site.Purge{URL: "a.test/x?b=1&a=3"}, ""},
		"without a scheme":           {edge, api.Purge{URL: "a.test/x"}, site.Purge{URL: "a.test/x"}, ""},
		"without a path":             {edge, api.Purge{URL: "http://a.test"}, site.Purge{URL: "a.test/"}, ""},
		"a host of an alias":         {edge, api.Purge{URL: "https://www.a.test/x"}, site.Purge{URL: "a.test/x"}, ""},
		"escapes stay":               {edge, api.Purge{URL: "https://a.test/a%2Fb%20c"}, site.Purge{URL: "a.test/a%2Fb%20c"}, ""},
		"as it is written":           {edge, api.Purge{URL: `https://a.test/"x'|\?"=a&&b`}, site.Purge{URL: `a.test/"x'|\?"=a&&b`}, ""},
		"a query and no path":        {edge, api.Purge{URL: "https://a.test?b=1"}, site.Purge{URL: "a.test/?b=1"}, ""},
		"a space, and no ASCII":      {edge, api.Purge{URL: "https://a.test/a é"}, site.Purge{URL: "a.test/a%20%C3%A9"}, ""},
		"a host of a wildcard":       {edge, api.Purge{URL: "https://x.shop.a.test/?utm_a"}, site.Purge{URL: "x.shop.a.test/"}, ""},
		"a host of the default":      {edge, api.Purge{URL: "https://other.test/?utm_a"}, site.Purge{URL: "other.test/?utm_a"}, ""},
		"an address":                 {edge, api.Purge{URL: "https://[::1]:8443/"}, site.Purge{URL: "[::1]/"}, ""},
		"a path of the only site":    {lone, api.Purge{URL: "/x"}, site.Purge{URL: "a.test/x"}, ""},
		"a path of several":          {edge, api.Purge{URL: "/x"}, site.Purge{}, "there are 3 sites"},
		"a host of nobody":           {lone, api.Purge{URL: "https://c.test/x"}, site.Purge{}, "no site claims host c.test"},
		"no URL":                     {edge, api.Purge{URL: "https://%zz/"}, site.Purge{}, "is no URL"},
		"a prefix":                   {edge, api.Purge{Prefix: "https://a.test/x?utm_a=1", Soft: true}, site.Purge{Prefix: "a.test/x?utm_a=1", Soft: true}, ""},
		"a site by an alias":         {edge, api.Purge{Site: "WWW.a.test."}, site.Purge{Site: "a.test"}, ""},
		"no site":                    {lone, api.Purge{Site: "c.test"}, site.Purge{}, "no site is called"},
		"a tag":                      {edge, api.Purge{Tag: "x"}, site.Purge{Tag: "x"}, ""},
		"two tags":                   {edge, api.Purge{Tag: "x y"}, site.Purge{}, "is no tag"},
		"a tag where there are none": {&site.Edge{Sites: edge.Sites[1:]}, api.Purge{Tag: "x"}, site.Purge{}, "no site has tags"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := meant(test.edge, test.asked)
			switch {
			case test.fault != "":
				if err == nil || !strings.Contains(err.Error(), test.fault) {
					t.Errorf("%v, %v; want an error with %q", got, err, test.fault)
				}
			case err != nil || got != test.want:
				t.Errorf("%+v, %v; want %+v", got, err, test.want)
			}
		})
	}
}
