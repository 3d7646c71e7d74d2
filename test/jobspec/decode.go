package jobspec

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/gocty"
)

// decode fills a pointer to a type of Nomad's API from a body.
func decode(body *hclsyntax.Body, into any) error {
	target := reflect.ValueOf(into).Elem()
	if target.Kind() == reflect.Map {
		return decodeMap(body, target)
	}
	for name, attribute := range body.Attributes {
		field, ok := named(target, name, "optional")
		if !ok {
			return fmt.Errorf("%v: %s has no argument %q", attribute.SrcRange, target.Type(), name)
		}
		value, err := evaluate(attribute.Expr)
		if err != nil {
			return err
		}
		if err := set(field, value); err != nil {
			return fmt.Errorf("%v: %s: %w", attribute.SrcRange, name, err)
		}
	}
	for _, block := range body.Blocks {
		field, ok := named(target, block.Type, "block")
		if !ok {
			return fmt.Errorf("%v: %s has no block %q", block.TypeRange, target.Type(), block.Type)
		}
		if err := nest(field, block); err != nil {
			return err
		}
	}
	return nil
}

// named is the field of a struct that has the name for that.
func named(target reflect.Value, name, kind string) (reflect.Value, bool) {
	for i := range target.NumField() {
		word, what, _ := strings.Cut(target.Type().Field(i).Tag.Get("hcl"), ",")
		if word == name && what == kind {
			return target.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// nest decodes a block into a field: one, one of several, or one of several by name.
func nest(field reflect.Value, block *hclsyntax.Block) error {
	element := field.Type()
	if element.Kind() == reflect.Slice || element.Kind() == reflect.Map && element.Elem().Kind() == reflect.Pointer {
		element = element.Elem()
	} else if !field.IsZero() {
		return fmt.Errorf("%v: there is another %s block", block.TypeRange, block.Type)
	}
	one := element
	if one.Kind() == reflect.Pointer {
		one = one.Elem()
	}
	value := reflect.New(one)
	if err := label(value.Elem(), block); err != nil {
		return err
	}
	if err := decode(block.Body, value.Interface()); err != nil {
		return err
	}
	if element.Kind() != reflect.Pointer {
		value = value.Elem()
	}
	switch {
	case field.Type() == element:
		field.Set(value)
	case field.Kind() == reflect.Slice:
		field.Set(reflect.Append(field, value))
	default:
		if field.IsNil() {
			field.Set(reflect.MakeMap(field.Type()))
		}
		field.SetMapIndex(reflect.ValueOf(block.Labels[0]), value)
	}
	return nil
}

// label gives a block's label to the field that wants it.
func label(value reflect.Value, block *hclsyntax.Block) error {
	wanted := 0
	for i := 0; value.Kind() == reflect.Struct && i < value.NumField(); i++ {
		if _, what, _ := strings.Cut(value.Type().Field(i).Tag.Get("hcl"), ","); what == "label" {
			if wanted++; len(block.Labels) == 1 {
				if err := set(value.Field(i), cty.StringVal(block.Labels[0])); err != nil {
					return err
				}
			}
		}
	}
	if len(block.Labels) != wanted {
		return fmt.Errorf("%v: a %s block has %d labels", block.TypeRange, block.Type, wanted)
	}
	return nil
}

// set converts a value to a field's type.
func set(field reflect.Value, value cty.Value) error {
	if field.Kind() == reflect.Pointer {
		field.Set(reflect.New(field.Type().Elem()))
		return set(field.Elem(), value)
	}
	if field.Type() == reflect.TypeFor[time.Duration]() {
		var text string
		if err := gocty.FromCtyValue(value, &text); err != nil {
			return err
		}
		d, err := time.ParseDuration(text)
		field.SetInt(int64(d))
		return err
	}
	if value.CanIterateElements() && field.Kind() == reflect.Slice {
		for _, one := range value.AsValueSlice() {
			element := reflect.New(field.Type().Elem())
			if err := set(element.Elem(), one); err != nil {
				return err
			}
			field.Set(reflect.Append(field, element.Elem()))
		}
		return nil
	}
	return gocty.FromCtyValue(value, field.Addr().Interface())
}

// decodeMap takes what a driver knows and Nomad does not, or texts by name.
func decodeMap(body *hclsyntax.Body, target reflect.Value) error {
	target.Set(reflect.MakeMap(target.Type()))
	for name, attribute := range body.Attributes {
		value, err := evaluate(attribute.Expr)
		if err != nil {
			return err
		}
		one := reflect.ValueOf(plain(value))
		if !one.Type().AssignableTo(target.Type().Elem()) {
			return fmt.Errorf("%v: %s is no %s", attribute.SrcRange, name, target.Type().Elem())
		}
		target.SetMapIndex(reflect.ValueOf(name), one)
	}
	for _, block := range body.Blocks {
		inner := map[string]any{}
		if err := decode(block.Body, &inner); err != nil {
			return err
		}
		target.SetMapIndex(reflect.ValueOf(block.Type), reflect.ValueOf(inner))
	}
	return nil
}

// plain is a value as Go has it.
func plain(value cty.Value) any {
	switch t := value.Type(); {
	case t == cty.String:
		return value.AsString()
	case t == cty.Bool:
		return value.True()
	case t == cty.Number:
		n, _ := value.AsBigFloat().Int64()
		return n
	case t.IsObjectType():
		all := map[string]any{}
		for name, one := range value.AsValueMap() {
			all[name] = plain(one)
		}
		return all
	default:
		var all []any
		for _, one := range value.AsValueSlice() {
			all = append(all, plain(one))
		}
		return all
	}
}
