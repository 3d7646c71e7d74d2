package gateway

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

// FuzzSettle holds that whatever objects say, no site file comes of them that config
// refuses, and that each has its status. The objects are those of a case, in which some
// values are others'.
func FuzzSettle(f *testing.F) {
	cases, err := filepath.Glob("testdata/cases/*.yaml")
	if err != nil || len(cases) == 0 {
		f.Fatalf("%d cases, %v", len(cases), err)
	}
	common, err := os.ReadFile("testdata/common.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for i := range cases {
		for seed := range uint64(8) {
			f.Add(uint8(i), seed)
		}
	}
	checker := NewChecker(f.TempDir(), "")
	f.Fuzz(func(t *testing.T, which uint8, seed uint64) {
		text, err := os.ReadFile(cases[int(which)%len(cases)])
		if err != nil {
			t.Fatal(err)
		}
		var objects Objects
		if err := objects.AddYAML(common); err != nil {
			t.Fatal(err)
		}
		random := rand.New(rand.NewPCG(seed, uint64(which)))
		for document := range bytes.SplitSeq(append([]byte("\n"), text...), []byte("\n---")) {
			var content map[string]any
			if err := yaml.Unmarshal(document, &content); err != nil {
				t.Fatal(err)
			}
			changed, _ := otherwise(random, content["spec"]).(map[string]any)
			content["spec"] = changed
			if objects.addContent(content) != nil {
				return // no API server would have taken it
			}
		}
		plan, err := Settle(objects, Options{Answers: "/run/answers"}, checker.Check)
		if err != nil {
			for _, e := range Build(objects, Options{Answers: "/run/answers"}, nil).Edges {
				t.Logf("%s\n%s", e.ID, e.Site())
			}
			t.Fatal(err)
		}
		plan.Statuses(nil, time.Time{})
		plan.Problems()
	})
}

// otherwise is a value with some of the texts and numbers in it replaced.
func otherwise(random *rand.Rand, value any) any {
	const often = 8
	texts := []string{"", "/", "//", "/a/../b", "/{x}", "a b", "*", "*.example", "a.example", "A.Example", "\"", "${x}", "%{if}", "\n}", "#", "\x00",
		"X-Forwarded-For", "Host", "Content-Length", "X-Beta", "GET", "TRACE", "PURGE", "PathPrefix", "Exact", "RegularExpression", "(", "[^/]*", "\\",
		"https", "http", "0s", "1h", "-1s", "app", "next", "missing", "other", "shop", "http://a.example/", "xn--a", "é", "1.2.3.4", "::1",
		"ReplaceFullPath", "ReplacePrefixMatch", "RequestRedirect", "URLRewrite", "Gateway", "HTTPS", "HTTP"}
	numbers := []any{float64(0), float64(1), float64(-1), float64(80), float64(443), float64(65536), float64(301), float64(303), float64(1000000)}
	switch value := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(value)) {
			if random.IntN(4*often) != 0 {
				out[name] = otherwise(random, value[name])
			}
		}
		return out
	case []any:
		var out []any
		for _, one := range value {
			for range 1 + random.IntN(often)/(often-1) {
				out = append(out, otherwise(random, one))
			}
		}
		return out
	case string:
		if random.IntN(often) == 0 {
			return texts[random.IntN(len(texts))]
		}
	case float64:
		if random.IntN(often) == 0 {
			return numbers[random.IntN(len(numbers))]
		}
	}
	return value
}
