package gateway

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestHostnames(t *testing.T) {
	for _, c := range []struct {
		a, b, want string
		any        bool
	}{
		{"", "", "", true}, {"", "a.example", "a.example", true}, {"*.example", "", "*.example", true},
		{"*.example", "a.example", "a.example", true}, {"*.example", "a.b.example", "a.b.example", true},
		{"*.example", "example", "", false}, {"*.example", "*.b.example", "*.b.example", true},
		{"*.b.example", "*.example", "*.b.example", true}, {"a.example", "b.example", "", false},
		{"*.example", "aexample", "", false}, {"*.a.example", "*.b.example", "", false},
	} {
		if got, any := common(c.a, c.b); got != c.want || any != c.any {
			t.Errorf("common(%q, %q) is %q, %t, want %q, %t", c.a, c.b, got, any, c.want, c.any)
		}
	}
}

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		name   string
		shares []share
		want   map[string]int
	}{
		{"one", []share{{1, []string{"a", "b"}}}, map[string]int{"a": 1, "b": 1}},
		{"equal references", []share{{1, []string{"a", "b", "c"}}, {1, []string{"d"}}}, map[string]int{"a": 1, "b": 1, "c": 1, "d": 3}},
		{"nine to one", []share{{90, []string{"a", "b", "c"}}, {10, []string{"d"}}}, map[string]int{"a": 3, "b": 3, "c": 3, "d": 1}},
		{"twice the same", []share{{1, []string{"a"}}, {3, []string{"a", "b"}}}, map[string]int{"a": 5, "b": 3}},
		{"beyond what weights hold", []share{{100000, []string{"a"}}, {1, []string{"b"}}}, map[string]int{"a": 100, "b": 1}},
	} {
		got := spread(c.shares)
		if len(got) != len(c.want) {
			t.Errorf("%s: %v", c.name, got)
		}
		for _, s := range got {
			if c.want[s.address] != s.weight {
				t.Errorf("%s: %s has the weight %d, want %d", c.name, s.address, s.weight, c.want[s.address])
			}
		}
	}
}

// TestMerged holds that a condition keeps its time while its status is the same, that
// those of others stay, and that ours go which do not hold any more.
func TestMerged(t *testing.T) {
	early, late := time.Unix(1000, 0), time.Unix(2000, 0)
	was := []metav1.Condition{
		{Type: "Accepted", Status: "True", LastTransitionTime: metav1.NewTime(early)},
		{Type: "Programmed", Status: "True", LastTransitionTime: metav1.NewTime(early)},
		{Type: "PartiallyInvalid", Status: "True"}, {Type: "example.com/Other", Status: "True"},
	}
	got := merged(was, []metav1.Condition{{Type: "Accepted", Status: "True", Reason: "New"}, {Type: "Programmed", Status: "False"}}, late)
	if len(got) != 3 || got[0].Type != "example.com/Other" || got[1].Reason != "New" || !got[1].LastTransitionTime.Time.Equal(early) || !got[2].LastTransitionTime.Time.Equal(late) {
		t.Errorf("%+v", got)
	}
}
