package site

import (
	"slices"
	"strings"
)

// method is one of HTTP, or of WebDAV, that an app can be asked with.
type method struct {
	name  string
	usual bool // every route takes it that does not say otherwise
	safe  bool // it changes nothing (RFC 9110, 9.2.1)
}

// Besides TRACE and CONNECT these are the methods that sites are known to use.
// All but POST, PATCH and LOCK are idempotent (RFC 9110, 9.2.2).
var methods = [...]method{
	{"GET", true, true}, {"HEAD", true, true}, {"POST", true, false}, {"PUT", true, false}, {"PATCH", true, false},
	{"DELETE", true, false}, {"OPTIONS", true, true},
	{"PROPFIND", false, true}, {"PROPPATCH", false, false}, {"MKCOL", false, false}, {"COPY", false, false}, {"MOVE", false, false},
	{"LOCK", false, false}, {"UNLOCK", false, false}, {"ACL", false, false}, {"MKCALENDAR", false, false},
	{"REPORT", false, true}, {"SEARCH", false, true}, {"QUERY", false, true}, {"PURGE", false, false},
}

func methodsThat(hold func(method) bool) []string {
	var names []string
	for _, m := range methods {
		if hold(m) {
			names = append(names, m.name)
		}
	}
	return names
}

// Methods lists all that a route can take.
func Methods() []string { return methodsThat(func(method) bool { return true }) }

// UsualMethods lists those that a route takes unless it says otherwise.
func UsualMethods() []string { return methodsThat(func(m method) bool { return m.usual }) }

// SafeMethods lists those by which nothing is changed, and nothing stored becomes
// invalid.
func SafeMethods() []string { return methodsThat(func(m method) bool { return m.safe }) }

// IsUsualMethod reports one of the UsualMethods.
func IsUsualMethod(name string) bool {
	return slices.ContainsFunc(methods[:], func(m method) bool { return m.usual && m.name == name })
}

// IsSafeMethod reports one of the SafeMethods.
func IsSafeMethod(name string) bool {
	return slices.ContainsFunc(methods[:], func(m method) bool { return m.safe && m.name == name })
}

// AllowLine is the value of Allow for some methods (RFC 9110, 10.2.1).
func AllowLine(names []string) string { return strings.Join(names, ", ") }
