package wire

import (
	"iter"
	"strings"
)

// MaxFields is how many field lines a head may have. Varnish has room for a few
// more, which the edge needs itself.
const MaxFields = 480

// Field is one header field line. The name keeps the case it was sent in.
type Field struct{ Name, Value string }

// Header is a message's field lines in the order they were sent.
type Header []Field

// Get returns the first value of that name, "" where there is none.
func (h Header) Get(name string) string {
	for i := range h {
		if EqualFold(h[i].Name, name) {
			return h[i].Value
		}
	}
	return ""
}

// Has reports whether there is a field of that name.
func (h Header) Has(name string) bool { return h.Count(name) > 0 }

// Count returns how many lines have that name.
func (h Header) Count(name string) int {
	n := 0
	for i := range h {
		if EqualFold(h[i].Name, name) {
			n++
		}
	}
	return n
}

// Values returns the values of every line of that name.
func (h Header) Values(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range h {
			if EqualFold(h[i].Name, name) && !yield(h[i].Value) {
				return
			}
		}
	}
}

// Members returns the members of a comma-separated list, over all its lines,
// without the empty ones. A comma in a quoted string does not separate.
func (h Header) Members(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for value := range h.Values(name) {
			for member := range List(value) {
				if !yield(member) {
					return
				}
			}
		}
	}
}

// Contains reports whether a comma-separated list has that member, in any case.
func (h Header) Contains(name, member string) bool {
	for m := range h.Members(name) {
		if EqualFold(m, member) {
			return true
		}
	}
	return false
}

// Joined returns all lines of that name as one list.
func (h Header) Joined(name string) string {
	if h.Count(name) < 2 {
		return h.Get(name)
	}
	var all []string
	for v := range h.Values(name) {
		all = append(all, v)
	}
	return strings.Join(all, ", ")
}

// Add appends a line.
func (h *Header) Add(name, value string) { *h = append(*h, Field{name, value}) }

// Set replaces every line of that name by one.
func (h *Header) Set(name, value string) {
	h.Del(name)
	h.Add(name, value)
}

// Del removes every line of that name.
func (h *Header) Del(name string) {
	h.Filter(func(f Field) bool { return !EqualFold(f.Name, name) })
}

// Filter keeps the lines that keep approves of, in place.
func (h *Header) Filter(keep func(Field) bool) {
	kept := (*h)[:0]
	for _, f := range *h {
		if keep(f) {
			kept = append(kept, f)
		}
	}
	clear((*h)[len(kept):])
	*h = kept
}

// Clone returns a copy whose strings share no memory with the message it was
// read from, so that keeping it keeps nothing else.
func (h Header) Clone() Header {
	size := 0
	for _, f := range h {
		size += len(f.Name) + len(f.Value)
	}
	var text strings.Builder
	text.Grow(size)
	for _, f := range h {
		text.WriteString(f.Name)
		text.WriteString(f.Value)
	}
	all, out := text.String(), make(Header, len(h))
	for i, f := range h {
		n, v := len(f.Name), len(f.Value)
		out[i] = Field{all[:n], all[n : n+v]}
		all = all[n+v:]
	}
	return out
}

// Size returns the bytes the lines take in a message.
func (h Header) Size() int {
	size := 0
	for _, f := range h {
		size += len(f.Name) + len(f.Value) + 4
	}
	return size
}

// List returns the members of a comma-separated list value.
func List(value string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for value != "" {
			member := value
			if i := comma(value); i >= 0 {
				member, value = value[:i], value[i+1:]
			} else {
				value = ""
			}
			if member = TrimSpace(member); member != "" && !yield(member) {
				return
			}
		}
	}
}

// comma finds the first comma outside a quoted string.
func comma(s string) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == '\\' && quoted:
			i++
		case s[i] == ',' && !quoted:
			return i
		}
	}
	return -1
}
