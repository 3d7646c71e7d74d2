package conformance

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"

	"edgegen/internal/engines"
	"edgegen/test/edge"
)

// judge says what a case's outcome means where it may be a declared difference.
func judge(c contractCase, declared, sometimes bool, problems []string) (complaint string) {
	all := strings.Join(problems, "\n")
	switch {
	case !declared:
		return all
	case len(problems) == 0 && sometimes:
		return "" // a matter of timing
	case len(problems) == 0:
		return fmt.Sprintf("the difference %q is declared and not observed: the case passes", c.differs)
	case !regexp.MustCompile(c.observed).MatchString(all):
		return fmt.Sprintf("the difference %q should be observed as %q and is as:\n%s", c.differs, c.observed, all)
	}
	return ""
}

// score counts the cases of one clause with one combination.
type score struct{ pass, differ, fail int }

func TestContract(t *testing.T) {
	var mu sync.Mutex
	scores := map[string]map[string]*score{}
	t.Cleanup(func() { t.Log("\n" + table(scores)) })
	turns, busy := make(chan struct{}, combinationsAtOnce), watchForStalls(t)
	for _, c := range append(edge.Combinations(), edge.LeavingOut()...) {
		name := strings.ReplaceAll(c.Name, "-", " ")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			turns <- struct{}{}
			defer func() { <-turns }()
			edges := startAll(t, c)
			counted := map[string]map[string]*score{name: runCorpus(t, c, edges, http1, busy)}
			if speaksHTTP2(c) {
				counted[name+", HTTP/2"] = runCorpus(t, c, edges, over2, busy)
			}
			if speaksHTTP3(c) {
				counted[name+", HTTP/3"] = runCorpus(t, c, edges, over3, busy)
			}
			holdCounts(t, edges["main"])
			holdDrain(t, c, edges["open"])
			stopAll(edges)
			mu.Lock()
			defer mu.Unlock()
			maps.Copy(scores, counted)
		})
	}
}

// runCorpus asks one edge for each configuration, over HTTP/1.1, or over another version
// what can be asked there.
func runCorpus(t *testing.T, c edge.Combination, edges map[string]*subject, over version, busy *stalls) map[string]*score {
	group := [...]string{"cases", "cases over HTTP2", "cases over HTTP3"}[over]
	first := [...]int{0, 4000, 7000}[over] // marks that nothing was asked with
	scores := map[string]*score{}
	var mu sync.Mutex
	for _, last := range []bool{false, true} {
		t.Run(group, func(t *testing.T) {
			for i, one := range corpus() {
				if one.last != last || !asked(c, one) {
					continue
				}
				t.Run(one.clause+" "+one.name, func(t *testing.T) {
					if !last {
						t.Parallel()
					}
					declared, sometimes := declares(c, one.differs, over)
					var complaint string
					for tried := 1; ; tried++ {
						a := &attempt{over: over, mark: fmt.Sprintf("%c%04dz", 'c'+tried-1, first+i), edge: edges[cmp.Or(one.edge, "main")]}
						before := busy.count.Load()
						problems := a.try(one)
						if a.unasked {
							return
						}
						if complaint = judge(one, declared, sometimes, problems); complaint == "" || !busy.tryAgain(one, tried, before) {
							break
						}
						t.Logf("tried again, as the machine was busy: %s", complaint)
					}
					mu.Lock()
					defer mu.Unlock()
					s := scores[one.clause]
					if s == nil {
						s = &score{}
						scores[one.clause] = s
					}
					switch {
					case complaint != "":
						s.fail++
						t.Error(complaint)
					case declared:
						s.differ++
					default:
						s.pass++
					}
				})
			}
		})
		group += ", last"
	}
	return scores
}

// table shows clauses and combinations: passed, and in brackets declared
// differences; failed where there are any.
func table(scores map[string]map[string]*score) string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	names := slices.Sorted(maps.Keys(scores))
	fmt.Fprintln(w, "clause\t"+strings.Join(names, "\t"))
	clauses := map[string]bool{}
	for _, byClause := range scores {
		for clause := range byClause {
			clauses[clause] = true
		}
	}
	total := map[string]*score{}
	for _, clause := range slices.Sorted(maps.Keys(clauses)) {
		row := clause
		for _, name := range names {
			s := scores[name][clause]
			row += "\t" + s.String()
			if total[name] == nil {
				total[name] = &score{}
			}
			total[name].add(s)
		}
		fmt.Fprintln(w, row)
	}
	row := "all"
	for _, name := range names {
		row += "\t" + total[name].String()
	}
	fmt.Fprintln(w, row)
	_ = w.Flush() // a strings.Builder takes everything
	return text.String()
}

func (s *score) add(other *score) {
	if other != nil {
		s.pass, s.differ, s.fail = s.pass+other.pass, s.differ+other.differ, s.fail+other.fail
	}
}

func (s *score) String() string {
	if s == nil {
		return "-"
	}
	text := strconv.Itoa(s.pass)
	if s.differ > 0 {
		text += fmt.Sprintf(" (%d differ)", s.differ)
	}
	if s.fail > 0 {
		text += fmt.Sprintf(" %d FAIL", s.fail)
	}
	return text
}

// TestDifferences holds that every declared difference is observed by a case.
func TestDifferences(t *testing.T) {
	cases, declared := map[string]bool{}, map[string]bool{}
	for _, c := range append(corpus(), drainCase()) {
		if (c.differs == "") != (c.observed == "") {
			t.Errorf("%s %s: a difference is named and observed, or neither", c.clause, c.name)
		}
		cases[c.differs] = true
	}
	for _, d := range engines.Differences() {
		if !cases[d.Name] {
			t.Errorf("no case observes the difference %q", d.Name)
		}
		declared[d.Name] = true
	}
	delete(cases, "")
	for name := range cases {
		if declared[name] {
			continue
		}
		t.Errorf("cases name the difference %q, which nobody declares", name)
	}
}
