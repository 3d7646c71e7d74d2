package site

import (
	"slices"
	"strings"
)

// HeaderRules change the header fields of a message: none stands in two of them. Each is
// ordered by name.
type HeaderRules struct {
	Remove  []HeaderName
	Set     []Header // in place of what stands there
	Default []Header // where nothing stands there
	Add     []Header // behind what stands there, with AddedBehind between them
}

// AddedBehind stands between the values of a field that one is added to.
const AddedBehind = ","

// Header is a field that is set.
type Header struct {
	Name, Value string
	Source      Source
}

// ForSuccess reports a field of an answer that says how long it is fresh, or
// which version it is. It is set in answers of a status of 2xx and 304 alone: an
// error that says it is immutable would be kept by clients.
func (h Header) ForSuccess() bool {
	switch strings.ToLower(h.Name) {
	case "cache-control", "expires", "last-modified", "etag":
		return true
	}
	return false
}

// Successful reports a status in whose answer such fields are set.
func Successful(status int) bool { return status >= 200 && status < 300 || status == 304 }

// HeaderName is a field that is removed.
type HeaderName struct {
	Name   string
	Source Source
}

// Written are the fields that the rules may put into a message.
func (h HeaderRules) Written() []Header { return slices.Concat(h.Set, h.Default, h.Add) }

// Touches reports whether the rules may change a field.
func (h HeaderRules) Touches(name string) bool {
	return slices.ContainsFunc(h.Written(), func(f Header) bool { return strings.EqualFold(f.Name, name) }) ||
		slices.ContainsFunc(h.Remove, func(f HeaderName) bool { return strings.EqualFold(f.Name, name) })
}

// Empty reports whether the rules change nothing.
func (h HeaderRules) Empty() bool { return len(h.Written()) == 0 && len(h.Remove) == 0 }
