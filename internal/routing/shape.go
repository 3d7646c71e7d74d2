package routing

import (
	"fmt"
	"regexp/syntax"
	"slices"
)

// RE2 takes time in proportion to a path's length, whatever the expression. PCRE2
// goes back where it cannot go on: into a repetition, which gives back a character
// and has the rest of the expression tried anew. varnishd bounds the number of tries,
// beyond which a request fails. So an expression is refused whose rest could be tried
// more often than a small multiple of LongestPath:
//
//   - A group is repeated a few times at most. Characters can be repeated without
//     bound.
//   - A repetition is open where it holds a character that what follows can begin
//     with: it can end in many places. One may be open if nothing behind it repeats
//     without bound. A second may be if a character stands between the two that no
//     repetition behind it holds, as in ^/(.+)/([^/]+)\.html$: between two of those
//     the rest goes over each byte once. An expression that does not begin with ^ is
//     tried at every byte, as if an open repetition stood in front of it.
//   - What else can be matched in several ways multiplies: mostWays.
const (
	mostWays    = 8
	mostTimes   = 16   // that a group is repeated
	mostSteps   = 5000 // of looking at an expression
	shortRepeat = 16   // a repetition of no more characters counts as bounded
)

// shape refuses an expression that PCRE2 could take long over.
func shape(tree *syntax.Regexp) *Problem {
	l := &looker{}
	whole := l.look(tree, rest{sep: noByte, ways: 1, last: true})
	if l.problem == nil && !anchored(tree) && !whole.bearsOpen() {
		l.problem = &Problem{"could take very long, as it is tried at every place of a path", "begin it with ^"}
	}
	if l.problem == nil && whole.ways > mostWays {
		l.problem = &Problem{"could take very long: it can match in too many ways", "write several routes"}
	}
	return l.problem
}

// anchored reports whether every match begins where the path does.
func anchored(n *syntax.Regexp) bool {
	switch n.Op {
	case syntax.OpBeginText:
		return true
	case syntax.OpCapture, syntax.OpConcat:
		return len(n.Sub) > 0 && anchored(n.Sub[0])
	case syntax.OpAlternate:
		return !slices.ContainsFunc(n.Sub, func(s *syntax.Regexp) bool { return !anchored(s) })
	}
	return false
}

// noByte is the sep of a rest that can begin with several bytes, or with none.
const noByte = -1

// rest is what is known of an expression from some point on.
type rest struct {
	first bytes // that it can begin with
	sep   int   // the one that it has to begin with
	runs  bytes // held by what is repeated without bound
	run   bool  // whether anything is
	open  int   // how many of those are open
	ways  int   // that the bounded parts can be taken in
	last  bool  // nothing follows
	stop  bool  // nothing but the end of the path follows
}

// bearsOpen reports whether an open repetition may stand in front of it.
func (r rest) bearsOpen() bool {
	return !r.run || r.open < 2 && r.sep != noByte && !r.runs.has(r.sep)
}

func either(a, b rest) rest {
	out := rest{first: a.first.or(b.first), sep: noByte, runs: a.runs.or(b.runs), run: a.run || b.run,
		open: max(a.open, b.open), ways: max(a.ways, b.ways), last: a.last && b.last, stop: a.stop && b.stop}
	if a.sep == b.sep {
		out.sep = a.sep
	}
	return out
}

// multiply counts ways, no more than are of interest.
func (r *rest) multiply(ways int) { r.ways = min(r.ways*ways, mostWays+1) }

// before puts one of some bytes in front.
func (r rest) before(set bytes) rest {
	r.first, r.sep, r.last, r.stop = set, set.only(), false, false
	return r
}

// looker goes through an expression from its end.
type looker struct {
	problem *Problem
	steps   int
}

func (l *looker) refuse(remedy, format string, values ...any) {
	if l.problem == nil {
		l.problem = &Problem{fmt.Sprintf(format, values...), remedy}
	}
}

// look returns the rest that begins with n, and goes on with r.
func (l *looker) look(n *syntax.Regexp, r rest) rest {
	if l.steps++; l.steps > mostSteps {
		l.refuse("write several routes", "is too complicated")
		return r
	}
	if set, ok := bytesOf(n); ok {
		return r.before(set)
	}
	switch n.Op {
	case syntax.OpLiteral:
		for _, c := range slices.Backward(n.Rune) {
			r = r.before(bytesOfRune(c, n.Flags&syntax.FoldCase != 0))
		}
	case syntax.OpEndText, syntax.OpEndLine:
		r.stop, r.last = r.stop || r.last, false
	case syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		r.stop, r.last = false, false
	case syntax.OpCapture:
		return l.look(n.Sub[0], r)
	case syntax.OpConcat:
		for _, part := range slices.Backward(n.Sub) {
			r = l.look(part, r)
		}
	case syntax.OpAlternate:
		return l.lookAtEach(n.Sub, r)
	case syntax.OpQuest:
		return l.repeat(n.Sub[0], 0, 1, r)
	case syntax.OpStar:
		return l.repeat(n.Sub[0], 0, -1, r)
	case syntax.OpPlus:
		return l.repeat(n.Sub[0], 1, -1, r)
	case syntax.OpRepeat:
		return l.repeat(n.Sub[0], n.Min, n.Max, r)
	}
	return r
}

// lookAtEach looks at alternatives: each byte multiplies the ways by the number of
// those that can begin with it.
func (l *looker) lookAtEach(alternatives []*syntax.Regexp, r rest) rest {
	var out rest
	var begin [256]int
	most := 1
	for i, one := range alternatives {
		this := l.look(one, r)
		for c := range begin {
			if this.first.has(c) {
				begin[c]++
				most = max(most, begin[c])
			}
		}
		if i == 0 {
			out = this
		} else {
			out = either(out, this)
		}
	}
	out.multiply(most)
	return out
}

// repeat looks at a repetition; a most of -1 is without bound.
func (l *looker) repeat(n *syntax.Regexp, least, most int, r rest) rest {
	set, single := bytesOf(n)
	switch {
	case single:
		return l.repeatByte(set, least, most, r)
	case most < 0:
		l.refuse("repeat characters, as [a-z/]+ does, or write a bound, such as {0,8}", "repeats a group without bound")
		return r
	case most > mostTimes:
		l.refuse(fmt.Sprintf("repeat it %d times at most", mostTimes), "repeats a group up to %d times", most)
		return r
	}
	// a{1,3} is a(?:a(?:a)?)?, and what follows.
	end := r
	for i := range most {
		one := l.look(n, r)
		if i >= most-least {
			r = one
			continue
		}
		r = either(one, end)
		if one.first.meets(end.first) {
			r.ways = min(one.ways+end.ways, mostWays+1)
		}
	}
	return r
}

func (l *looker) repeatByte(set bytes, least, most int, r rest) rest {
	if most == 0 {
		return r
	}
	out, open := r, set.meets(r.first)
	switch {
	case most >= 0 && most <= shortRepeat && (!open || most-least < mostWays):
		if open {
			out.multiply(most - least + 1)
		}
	case r.last || r.stop && set.all():
		// It never has to give anything back.
	default:
		if open && !r.bearsOpen() {
			l.refuse(`let a repetition stop at a character that it does not hold, as [^/]+ does before "/"`,
				"could take very long: a repetition that can end in many places stands before another")
		}
		if open {
			out.open++
		}
		out.run, out.runs = true, r.runs.or(set)
	}
	if least > 0 {
		return out.before(set)
	}
	out.first, out.sep, out.last, out.stop = r.first.or(set), noByte, false, false
	return out
}
