package load

import (
	"fmt"
	"strings"
)

// Expectation says what is right in which generation.
type Expectation struct {
	Pages []Page
	// Serial is the certificate's; nil where it does not matter.
	Serial func(generation int) int64
}

// Page is a path and what its answer is made of. Each part may come from
// another tier, and so while the edge reloads from another generation.
type Page struct {
	Path  string
	Parts []Part
}

// Part is one thing to look at in an answer.
type Part struct {
	Name  string
	Right func(generation int, a Answer) bool
}

// judge looks at an answer that one of the generations from low to high may
// have given. Every part has to be right for one of them; whole says that all
// are right for the same one.
func (p Page) judge(low, high int, a Answer) (whole bool, err error) {
	var wrong []string
	for _, part := range p.Parts {
		right := false
		for g := low; g <= high; g++ {
			right = right || part.Right(g, a)
		}
		if !right {
			wrong = append(wrong, part.Name)
		}
	}
	for g := low; g <= high && !whole; g++ {
		whole = true
		for _, part := range p.Parts {
			whole = whole && part.Right(g, a)
		}
	}
	if wrong == nil {
		return whole, nil
	}
	return whole, fmt.Errorf("wrong for the generations %d to %d: %s: %d %v %.200q", low, high, strings.Join(wrong, ", "), a.Status, a.Header, a.Body)
}

// judgeSerial does the same for a certificate.
func (e Expectation) judgeSerial(low, high int, serial int64) error {
	if e.Serial == nil {
		return nil
	}
	for g := low; g <= high; g++ {
		if e.Serial(g) == serial {
			return nil
		}
	}
	return fmt.Errorf("the certificate %d is wrong for the generations %d to %d", serial, low, high)
}

// Status is the part of an answer that is its status, the same in every
// generation.
func Status(status int) Part {
	return Part{"status", func(_ int, a Answer) bool { return a.Status == status }}
}
