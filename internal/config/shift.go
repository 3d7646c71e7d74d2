package config

import (
	"reflect"

	"edgegen/internal/site"
)

// shifter makes copies of models that stand further down in a file. It looks
// at each type once, and remembers which of its fields hold a place, or
// something that a copy must not share.
type shifter map[reflect.Type]shift

// shift changes a value, which is a copy already. Afterwards it shares nothing with the
// original but strings and lists of strings, and its places are so many lines further
// down. It is nil for a type without work.
type shift func(v reflect.Value, lines int)

// moved returns a copy of sites that stand so many lines further down.
func (s shifter) moved(from []site.Site, lines int) []site.Site {
	s.of(reflect.TypeOf(from))(reflect.ValueOf(&from).Elem(), lines)
	return from
}

func (s shifter) of(t reflect.Type) shift {
	known, again := s[t]
	if !again {
		known = s.learn(t)
		s[t] = known
	}
	return known
}

func (s shifter) learn(t reflect.Type) shift {
	switch {
	case t == reflect.TypeFor[site.Source]():
		return shiftSource
	case t.Kind() == reflect.Struct:
		return s.fields(t)
	case t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct:
		return s.pointer(t)
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		return s.slice(t)
	}
	return nil
}

func shiftSource(v reflect.Value, lines int) {
	if at := v.Addr().Interface().(*site.Source); at.File != "" {
		at.Line += lines
	}
}

func (s shifter) fields(t reflect.Type) shift {
	var indices []int
	var changes []shift
	for i := range t.NumField() {
		if change := s.of(t.Field(i).Type); change != nil && t.Field(i).IsExported() {
			indices, changes = append(indices, i), append(changes, change)
		}
	}
	if len(indices) == 0 {
		return nil
	}
	return func(v reflect.Value, lines int) {
		for i, index := range indices {
			changes[i](v.Field(index), lines)
		}
	}
}

func (s shifter) pointer(t reflect.Type) shift {
	change := s.of(t.Elem())
	return func(v reflect.Value, lines int) {
		if v.IsNil() {
			return
		}
		another := reflect.New(t.Elem())
		another.Elem().Set(v.Elem())
		if change != nil {
			change(another.Elem(), lines)
		}
		v.Set(another)
	}
}

func (s shifter) slice(t reflect.Type) shift {
	change := s.of(t.Elem())
	return func(v reflect.Value, lines int) {
		if v.IsNil() {
			return
		}
		another := reflect.MakeSlice(t, v.Len(), v.Len())
		reflect.Copy(another, v)
		for i := 0; change != nil && i < another.Len(); i++ {
			change(another.Index(i), lines)
		}
		v.Set(another)
	}
}
