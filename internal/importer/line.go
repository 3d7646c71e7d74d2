package importer

import (
	"slices"
	"strings"
)

// Verdict is what became of a line.
type Verdict string

// The verdicts. Every line of an import has one of them.
const (
	Translated Verdict = "translated"
	Idle       Verdict = "without effect"
	Refused    Verdict = "refused"
)

// Line is a statement of an old file, or the head of a block of them, and what became
// of it.
type Line struct {
	File    string  `json:"file"` // as it was named, or found by an include
	Line    int     `json:"line"` // 1-based; EndLine is that of its last character
	EndLine int     `json:"end_line"`
	Text    string  `json:"text"` // on one line
	Verdict Verdict `json:"verdict"`
	// Into are the places in the site file where its meaning stands.
	Into []string `json:"into,omitempty"`
	// PutRight is what edgegen does otherwise than the old daemon, and better.
	PutRight []string `json:"put_right,omitempty"`
	// Why is the reason of a line that is without effect or refused.
	Why string `json:"why,omitempty"`
	// Remedy is what to do about one that is refused.
	Remedy string `json:"remedy,omitempty"`
}

// into says where the line's meaning stands now. One that is refused in one place
// stays refused.
func (l *Line) into(place string) {
	if l == nil || l.Verdict == Refused {
		return
	}
	l.Verdict, l.Why = Translated, ""
	if !slices.Contains(l.Into, place) {
		l.Into = append(l.Into, place)
	}
}

// right says what is put right about a line that is translated.
func (l *Line) right(words string) {
	if l != nil && l.Verdict != Refused && !slices.Contains(l.PutRight, words) {
		l.PutRight = append(l.PutRight, words)
	}
}

// idle says why the line has no effect, unless it has one elsewhere.
func (l *Line) idle(why string) {
	if l != nil && l.Verdict == "" {
		l.Verdict, l.Why = Idle, why
	}
}

// refuse says why the line is not translated, and what to do. The first reason stays.
func (l *Line) refuse(why, remedy string) {
	if l == nil || l.Verdict == Refused {
		return
	}
	l.Verdict, l.Why, l.Remedy = Refused, why, remedy
	l.Into, l.PutRight = nil, nil
}

// lose says that what the line meant for a place is not written after all. It is
// refused where nothing else is left of it.
func (l *Line) lose(place, why, remedy string) {
	if l == nil || l.Verdict == Refused {
		return
	}
	l.Into = slices.DeleteFunc(l.Into, func(one string) bool { return strings.HasPrefix(one, place) })
	if len(l.Into) == 0 {
		l.refuse(why, remedy)
		return
	}
	l.Why = "not for " + strings.TrimSuffix(place, " → ") + ": " + why
}

// open reports that nothing has been said of the line.
func (l *Line) open() bool { return l.Verdict == "" }

func intoAll(lines []*Line, place string) {
	for _, line := range lines {
		line.into(place)
	}
}

func rightAll(lines []*Line, words string) {
	for _, line := range lines {
		line.right(words)
	}
}

func refuseAll(lines []*Line, why, remedy string) {
	for _, line := range lines {
		line.refuse(why, remedy)
	}
}

func idleAll(lines []*Line, why string) {
	for _, line := range lines {
		line.idle(why)
	}
}
