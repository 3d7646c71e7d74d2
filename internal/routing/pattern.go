package routing

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// Pattern is a regular expression that matches decoded paths. It may be used from any
// goroutine.
type Pattern struct{ expression *regexp.Regexp }

// Problem is why a regular expression is refused.
type Problem struct {
	What   string // such as "holds a look-around, which …"
	Remedy string // what to write; "" where nobody can tell
}

func (p *Problem) Error() string { return p.What }

// longestPattern is how many bytes a regular expression may have.
const longestPattern = 1000

// Compile reads a regular expression. Its error is a *Problem.
//
// It is read by package regexp and, as it stands, by PCRE2 without UTF mode. So that
// both mean the same, only what both know is taken, in ASCII. A path is held against
// it byte by byte: subjectOf has one character for each, and none that is a control
// byte, so that the two do not differ about line ends, \s and \v.
func Compile(text string) (*Pattern, error) {
	if problem := spelling(text); problem != nil {
		return nil, problem
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, syntaxProblem(err)
	}
	if problem := shape(tree); problem != nil {
		return nil, problem
	}
	expression, err := regexp.Compile(text)
	if err != nil {
		return nil, syntaxProblem(err)
	}
	for i, name := range expression.SubexpNames() {
		switch {
		case len(name) > 32 || name != "" && name[0] >= '0' && name[0] <= '9':
			return nil, &Problem{fmt.Sprintf("has a capture called %q", name), "begin the name with a letter, and use 32 characters at most"}
		case name != "" && expression.SubexpIndex(name) != i:
			return nil, &Problem{fmt.Sprintf("has two captures called %q", name), "call them by names of their own"}
		}
	}
	return &Pattern{expression}, nil
}

func (p *Pattern) matches(subject string) bool { return p.expression.MatchString(subject) }

// escapeIt is the remedy for a character that means something.
const escapeIt = `put a "\" before a character that stands for itself, which HCL has as "\\"`

func syntaxProblem(err error) *Problem {
	var detail *syntax.Error
	if errors.As(err, &detail) {
		return &Problem{fmt.Sprintf("is no regular expression: %s: %s", detail.Code, detail.Expr), escapeIt}
	}
	return &Problem{"is no regular expression: " + err.Error(), escapeIt}
}

// subjectOf is a decoded path as expressions are held against it: each byte beyond
// ASCII is a character of its own, as it is to PCRE2, and a control byte is a "?",
// since no header that holds the path can have one.
func subjectOf(path string) string {
	plain := true
	for i := 0; i < len(path) && plain; i++ {
		plain = path[i] >= 0x20 && path[i] < 0x7f
	}
	if plain {
		return path
	}
	var out strings.Builder
	for i := range len(path) {
		switch c := path[i]; {
		case c < 0x20 || c == 0x7f:
			out.WriteByte('?')
		default:
			out.WriteRune(rune(c))
		}
	}
	return out.String()
}

// Covers reports whether the expression matches a path and everything below it.
func (p *Pattern) Covers(path string) bool {
	tree, err := syntax.Parse(p.expression.String(), syntax.Perl)
	return err == nil && !looksAtEnd(tree) && p.matches(path)
}

// looksAtEnd reports whether what follows a match can undo it.
func looksAtEnd(tree *syntax.Regexp) bool {
	switch tree.Op {
	case syntax.OpEndLine, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return true
	}
	return slices.ContainsFunc(tree.Sub, looksAtEnd)
}
