package render

import (
	"errors"
	"fmt"
	"reflect"
	"text/template"
)

// some reports whether the last field of the path is set, in the sense of a template's if, in
// any element of a list. The names before it lead to lists within the elements:
// some .Sites "Routes" "Compress". So a template can find out whether a file needs one of
// its parts.
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
