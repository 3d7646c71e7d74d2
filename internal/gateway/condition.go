package gateway

import (
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// a verdict is a condition that does not hold: its reason, and why in words. The zero
// value means that it holds.
type verdict struct{ reason, words string }

func (v verdict) bad() bool { return v.reason != "" }

// and is a verdict with another one's words behind its own; the first reason stays.
func (v verdict) and(other verdict) verdict {
	if !v.bad() || !other.bad() || v.words == other.words {
		return first(v, other)
	}
	return verdict{v.reason, v.words + "; " + other.words}
}

// first is the first verdict that is bad.
func first(all ...verdict) verdict {
	for _, v := range all {
		if v.bad() {
			return v
		}
	}
	return verdict{}
}

// maxMessage is how many bytes the message of a condition may have.
const maxMessage = 32768

// condition makes one. Its time is that of the merge with what is there.
func condition[T, R ~string](kind T, good bool, reason R, message string, generation int64) metav1.Condition {
	status := metav1.ConditionFalse
	if good {
		status = metav1.ConditionTrue
	}
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "")
	}
	return metav1.Condition{Type: string(kind), Status: status, Reason: string(reason), Message: message, ObservedGeneration: generation}
}

// judged makes a condition that holds for the reason, unless the verdict is bad.
func judged[T, R ~string](kind T, v verdict, reason R, message string, generation int64) metav1.Condition {
	if v.bad() {
		return condition(kind, false, v.reason, v.words, generation)
	}
	return condition(kind, true, reason, message, generation)
}

// merged are conditions as they are to be written: one that was there already, with the
// same status, keeps the time at which that began. Conditions that are not ours stay.
func merged(was, now []metav1.Condition, at time.Time) []metav1.Condition {
	var all []metav1.Condition
	for _, one := range was {
		ours := slices.ContainsFunc(now, func(c metav1.Condition) bool { return c.Type == one.Type })
		if !ours && !isOwn(one.Type) {
			all = append(all, one)
		}
	}
	for _, one := range now {
		one.LastTransitionTime = metav1.NewTime(at.Truncate(time.Second))
		if i := slices.IndexFunc(was, func(c metav1.Condition) bool { return c.Type == one.Type }); i >= 0 && was[i].Status == one.Status {
			one.LastTransitionTime = was[i].LastTransitionTime
		}
		all = append(all, one)
	}
	return all
}

// isOwn reports a condition that is written here, and goes away where it does not hold.
func isOwn(kind string) bool {
	return slices.Contains([]string{"Accepted", "Programmed", "ResolvedRefs", "Conflicted", "PartiallyInvalid"}, kind)
}
