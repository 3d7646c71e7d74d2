package native

import (
	"strings"
	"testing"

	"edgegen/internal/site"
)

// No text reaches varnishd as more than a text, and what it has to be quoted for stands
// at the end.
func TestK6Ban(t *testing.T) {
	tests := map[string]struct {
		what site.Purge
		want string
	}{
		"a URL":    {site.Purge{URL: "a.test/x?a=1&&b"}, `ban obj.http.X-Edge-Site ~ . && obj.http.X-Edge-Url == "a.test/x?a=1&&b"`},
		"a prefix": {site.Purge{Prefix: `a.test/x.+"`}, `ban obj.http.X-Edge-Site ~ . && obj.http.X-Edge-Url ~ "^a\\.test/x\\.\\+\""`},
		"a site":   {site.Purge{Site: "a.test"}, `ban obj.http.X-Edge-Site == a.test`},
		"a tag":    {site.Purge{Tag: "a|b"}, `ban obj.http.X-Edge-Tags ~ ",a\\|b,"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got, err := commandLine(banOf(test.what)); err != nil || strings.TrimSpace(got) != test.want {
				t.Errorf("%s, %v; want %s", got, err, test.want)
			}
		})
	}
}
