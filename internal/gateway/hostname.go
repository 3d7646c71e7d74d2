package gateway

import (
	"strings"

	"edgegen/internal/site"
)

// A hostname is a host, a wildcard such as "*.example.com", or "" for every host. It is
// in lower case.

func hostname[T ~string](name *T) string {
	if name == nil {
		return ""
	}
	return strings.ToLower(string(*name))
}

// covers reports whether each host that inner stands for is one that outer stands for.
func covers(outer, inner string) bool {
	beneath, wildcard := site.Beneath(outer)
	switch {
	case outer == "" || outer == inner:
		return true
	case !wildcard || inner == "":
		return false
	}
	inner, _ = strings.CutPrefix(inner, "*.")
	return strings.HasSuffix(inner, "."+beneath)
}

// common is what stands for the hosts that two hostnames both stand for; false where
// there are none.
func common(a, b string) (string, bool) {
	switch {
	case covers(a, b):
		return b, true
	case covers(b, a):
		return a, true
	}
	return "", false
}

// closer reports whether a says more about which host is meant than b does, where both
// cover it.
func closer(a, b string) bool {
	_, wildA := site.Beneath(a)
	_, wildB := site.Beneath(b)
	if a == "" || b == "" || wildA == wildB {
		return len(a) > len(b)
	}
	return !wildA
}
