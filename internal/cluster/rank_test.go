package cluster

import (
	"fmt"
	"math"
	"testing"
)

func members(n int) (all []Name) {
	for i := range n {
		all = append(all, NewName(fmt.Sprintf("10.0.%d.%d:6443", i/250, i%250+1)))
	}
	return all
}

// Each member owns an equal part, whatever the members are called; losing one moves its
// part alone, in equal parts to all others, and one that joins takes its part from all.
func TestN3Parts(t *testing.T) {
	const keys = 20_000
	for _, n := range []int{2, 3, 10, 100} {
		all := members(n)
		owned, lost := map[string]int{}, map[string]int{}
		for i := range keys {
			ranked := Rank(fmt.Sprintf("shop.example/item/%d?color=blue", i), all)
			owned[ranked[0].Text]++
			if fewer := Rank(fmt.Sprintf("shop.example/item/%d?color=blue", i), all[1:]); ranked[0].Text != all[0].Text && fewer[0].Text != ranked[0].Text {
				t.Fatalf("a key of %s moves to %s as %s is lost", ranked[0].Text, fewer[0].Text, all[0].Text)
			} else if ranked[0].Text == all[0].Text {
				lost[fewer[0].Text]++
			}
		}
		even := func(what string, counts map[string]int, total, parts int) {
			want := float64(total) / float64(parts)
			spread := 5 * math.Sqrt(want) // five standard deviations of chance
			if len(counts) > parts {
				t.Errorf("%d members: %s has %d parts", n, what, len(counts))
			}
			for _, name := range all {
				if got := float64(counts[name.Text]); (name.Text != all[0].Text || parts == n) && math.Abs(got-want) > spread {
					t.Errorf("%d members: %s has %.0f of %d, want %.0f give or take %.0f", n, name.Text, got, total, want, spread)
				}
			}
		}
		even("what is owned", owned, keys, n)
		even("what was lost", lost, owned[all[0].Text], n-1)
	}
}

// The order is that of every version and every machine: members have to agree.
func TestN1RankStays(t *testing.T) {
	got := Rank("shop.example/", members(4))
	want := []string{}
	for _, n := range got {
		want = append(want, n.Text)
	}
	if fmt.Sprint(want) != fmt.Sprint(rankOfThen()) {
		t.Errorf("shop.example/ is owned by %v, and was by %v", want, rankOfThen())
	}
}

func rankOfThen() []string {
	return []string{"10.0.0.3:6443", "10.0.0.4:6443", "10.0.0.2:6443", "10.0.0.1:6443"}
}

func BenchmarkOwner(b *testing.B) {
	all := members(100)
	v := &view{}
	for _, n := range all {
		m := &member{Name: n}
		m.there.Store(true)
		v.members = append(v.members, m)
	}
	b.ReportAllocs()
	for b.Loop() {
		v.owner("shop.example/item/7?color=blue")
	}
}
