package render

import (
	"errors"
	"fmt"
	"reflect"
	"text/template"
)

// some reports whether one of several things has a field that says something, as the
// templates' if understands it. Names in between lead to lists of other things:
// some .Sites "Routes" "Compress". So a template asks by itself whether a file needs
// one of its parts.
func some(things any, path ...string) (bool, error) {
	return someOf(reflect.ValueOf(things), path)
}

func someOf(things reflect.Value, path []string) (bool, error) {
	if things.Kind() != reflect.Slice || things.Type().Elem().Kind() != reflect.Struct || len(path) == 0 {
		return false, errors.New("some takes a list of things, and the name of a field")
	}
	field, found := things.Type().Elem().FieldByName(path[0])
	if !found {
		return false, fmt.Errorf("%s has no field %s", things.Type().Elem(), path[0])
	}
	for i := range things.Len() {
		value, says := things.Index(i).FieldByIndex(field.Index), false
		if len(path) == 1 {
			says, _ = template.IsTrue(value.Interface())
		} else {
			var err error
			if says, err = someOf(value, path[1:]); err != nil {
				return false, err
			}
		}
		if says {
			return true, nil
		}
	}
	return false, nil
}
