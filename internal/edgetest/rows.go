package edgetest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"edgegen/internal/explain"
)

// row is an argument of expect.
type row struct {
	name  string
	kind  kind
	words string
	// judge says which expectations do not hold, and which cannot be judged.
	judge func(e *explain.Explanation, value any) (problems, unknown []string)
}

type kind int

const (
	number  kind = iota // int
	text                // string
	choices             // []string, of which one is enough
	fields              // map[string]*string; nil is a field that is not there
)

// rows lists what can be expected.
func rows() []row {
	return []row{
		{"status", number, "the status of the answer", judgeStatus},
		{"cache", choices, "the value of X-Cache, or a list of possible values", judgeCache},
		{"site", text, "the canonical host of the site", same("site", func(e *explain.Explanation) string { return e.Site })},
		{"route", text, "the route, by its label", same("route", func(e *explain.Explanation) string { return e.Route })},
		{"backend", text, "the app that is asked, \"\" for none", same("backend", func(e *explain.Explanation) string { return e.Backend })},
		{"tier", text, "what makes the answer: cache, web or backend", same("tier", func(e *explain.Explanation) string { return e.Tier })},
		{"app_target", text, "the path and query that the app is asked for", same("app_target", func(e *explain.Explanation) string { return e.AppTarget })},
		{"app_headers", fields, "headers that the app gets; null for one that it must not get", judgeAppHeaders},
		{"headers", fields, "headers of the answer; null for one that it must not have", judgeHeaders},
		{"answer", text, "a part of the first line of edgegen explain", judgeAnswer},
	}
}

func same(name string, of func(*explain.Explanation) string) func(*explain.Explanation, any) ([]string, []string) {
	return func(e *explain.Explanation, value any) (problems, unknown []string) {
		if got := of(e); got != value {
			return []string{fmt.Sprintf("%s is %q, and not %q", name, got, value)}, nil
		}
		return nil, nil
	}
}

func judgeStatus(e *explain.Explanation, value any) (problems, unknown []string) {
	got := e.Status
	if e.Live != nil {
		got = e.Live.Status
	}
	switch {
	case got == 0:
		return nil, []string{"status"} // the app's
	case got != value:
		return []string{fmt.Sprintf("status is %d, and not %d", got, value)}, nil
	}
	return nil, nil
}

func judgeCache(e *explain.Explanation, value any) (problems, unknown []string) {
	may := e.Cache
	if e.Live != nil {
		may = []string{e.Live.Header("X-Cache")}
	}
	wanted, _ := value.([]string)
	if slices.ContainsFunc(wanted, func(one string) bool { return slices.Contains(may, one) }) {
		return nil, nil
	}
	return []string{fmt.Sprintf("X-Cache is %s, and not %s", strings.Join(may, " or "), strings.Join(wanted, " or "))}, nil
}

func judgeAppHeaders(e *explain.Explanation, value any) (problems, unknown []string) {
	wanted, _ := value.(map[string]*string)
	if e.AppTarget == "" && len(wanted) > 0 {
		return []string{"no app is asked"}, nil
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		got, there := find(e.AppHeaders, name)
		problems = append(problems, compare("the app's "+name, got, there, wanted[name])...)
	}
	return problems, nil
}

func judgeHeaders(e *explain.Explanation, value any) (problems, unknown []string) {
	wanted, _ := value.(map[string]*string)
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		if e.Live != nil {
			got, there := find(e.Live.Headers, name)
			problems = append(problems, compare(name, got, there, wanted[name])...)
			continue
		}
		got, there := find(e.AnswerHeaders, name)
		removed := explain.Drops(name) || slices.ContainsFunc(e.RemovedHeaders, func(one string) bool { return strings.EqualFold(one, name) })
		if !there && !removed && e.Status == 0 {
			unknown = append(unknown, name) // the app may say it
			continue
		}
		problems = append(problems, compare(name, got, there, wanted[name])...)
	}
	return problems, unknown
}

func judgeAnswer(e *explain.Explanation, value any) (problems, unknown []string) {
	part, _ := value.(string)
	if !strings.Contains(e.Answer, part) {
		return []string{fmt.Sprintf("the answer does not say %q", part)}, nil
	}
	return nil, nil
}

func compare(name, got string, there bool, wanted *string) []string {
	switch {
	case wanted == nil && there:
		return []string{fmt.Sprintf("%s is %q, and should not be there", name, got)}
	case wanted != nil && !there:
		return []string{fmt.Sprintf("%s is not there, and should be %q", name, *wanted)}
	case wanted != nil && got != *wanted:
		return []string{fmt.Sprintf("%s is %q, and not %s", name, got, strconv.Quote(*wanted))}
	}
	return nil
}

// find joins the lines of one field.
func find(all []explain.Field, name string) (value string, there bool) {
	var values []string
	for _, f := range all {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return strings.Join(values, ", "), len(values) > 0
}

// Words lists what can be expected, a line each.
func Words() string {
	var out strings.Builder
	for _, one := range rows() {
		fmt.Fprintf(&out, "    %-12s %s\n", one.name, one.words)
	}
	return out.String()
}
