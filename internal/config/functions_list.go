package config

import (
	"errors"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// listFunctions are about lists, as Terraform has them, and not among those of
// the libraries.
func listFunctions() map[string]function.Function {
	all := func(want bool) function.Function {
		return function.New(&function.Spec{
			Params: []function.Parameter{{Name: "list", Type: cty.List(cty.Bool)}},
			Type:   function.StaticReturnType(cty.Bool),
			Impl: func(arguments []cty.Value, _ cty.Type) (cty.Value, error) {
				for _, one := range arguments[0].AsValueSlice() {
					if one.IsNull() && want || !one.IsNull() && one.True() != want {
						return cty.BoolVal(!want), nil
					}
				}
				return cty.BoolVal(want), nil
			},
		})
	}
	sum := function.New(&function.Spec{
		Params: []function.Parameter{{Name: "list", Type: cty.List(cty.Number)}},
		Type:   function.StaticReturnType(cty.Number),
		Impl: func(arguments []cty.Value, _ cty.Type) (cty.Value, error) {
			total := cty.Zero
			for _, one := range arguments[0].AsValueSlice() {
				if one.IsNull() {
					return cty.NilVal, errors.New("the list holds null")
				}
				total = total.Add(one)
			}
			return total, nil
		},
	})
	one := function.New(&function.Spec{
		Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}},
		Type: func(arguments []cty.Value) (cty.Type, error) {
			switch kind := arguments[0].Type(); {
			case kind.IsListType() || kind.IsSetType():
				return kind.ElementType(), nil
			case kind.IsTupleType() && kind.Length() == 1:
				return kind.TupleElementType(0), nil
			case kind.IsTupleType() && kind.Length() == 0:
				return cty.DynamicPseudoType, nil
			}
			return cty.NilType, errors.New("it takes a list or set of one element, or of none")
		},
		Impl: func(arguments []cty.Value, kind cty.Type) (cty.Value, error) {
			switch list := arguments[0].AsValueSlice(); len(list) {
			case 0:
				return cty.NullVal(kind), nil
			case 1:
				return list[0], nil
			}
			return cty.NilVal, errors.New("it takes a list or set of one element, or of none")
		},
	})
	return map[string]function.Function{"alltrue": all(true), "anytrue": all(false), "sum": sum, "one": one}
}

// lookupFunction is that of the library, whose third argument may be left out.
func lookupFunction() function.Function {
	return function.New(&function.Spec{
		Params:   []function.Parameter{{Name: "map", Type: cty.DynamicPseudoType, AllowMarked: true}, {Name: "key", Type: cty.String, AllowMarked: true}},
		VarParam: &function.Parameter{Name: "standard", Type: cty.DynamicPseudoType, AllowNull: true, AllowMarked: true},
		Type:     function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(arguments []cty.Value, _ cty.Type) (cty.Value, error) {
			if len(arguments) == 3 {
				return stdlib.Lookup(arguments[0], arguments[1], arguments[2])
			}
			return stdlib.Index(arguments[0], arguments[1])
		},
	})
}

// coalesceFunction returns the first value that is neither null nor empty.
func coalesceFunction() function.Function {
	return function.New(&function.Spec{
		VarParam: &function.Parameter{Name: "values", Type: cty.DynamicPseudoType, AllowNull: true},
		Type: func(arguments []cty.Value) (cty.Type, error) {
			var kinds []cty.Type
			for _, one := range arguments {
				kinds = append(kinds, one.Type())
			}
			kind, _ := convert.UnifyUnsafe(kinds)
			if kind == cty.NilType {
				return cty.NilType, errors.New("all values must be of one kind")
			}
			return kind, nil
		},
		Impl: func(arguments []cty.Value, kind cty.Type) (cty.Value, error) {
			for _, one := range arguments {
				value, err := convert.Convert(one, kind)
				if err != nil {
					return cty.NilVal, err
				}
				if !value.IsNull() && !(kind == cty.String && value.AsString() == "") {
					return value, nil
				}
			}
			return cty.NilVal, errors.New("every value is null or empty")
		},
	})
}

// lengthFunction counts elements, and the characters of a text.
func lengthFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType}},
		Type:   function.StaticReturnType(cty.Number),
		Impl: func(arguments []cty.Value, _ cty.Type) (cty.Value, error) {
			switch kind := arguments[0].Type(); {
			case kind == cty.String:
				return stdlib.Strlen(arguments[0])
			case kind.IsObjectType():
				return cty.NumberIntVal(int64(len(kind.AttributeTypes()))), nil
			}
			return stdlib.Length(arguments[0])
		},
	})
}

// indexFunction finds the place of a value in a list.
func indexFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}, {Name: "value", Type: cty.DynamicPseudoType}},
		Type:   function.StaticReturnType(cty.Number),
		Impl: func(arguments []cty.Value, _ cty.Type) (cty.Value, error) {
			if kind := arguments[0].Type(); !kind.IsListType() && !kind.IsTupleType() {
				return cty.NilVal, errors.New("it takes a list")
			}
			for i, one := range arguments[0].AsValueSlice() {
				if same, err := stdlib.Equal(one, arguments[1]); err == nil && same.IsKnown() && same.True() {
					return cty.NumberIntVal(int64(i)), nil
				}
			}
			return cty.NilVal, errors.New("the list does not hold the value")
		},
	})
}

// secretFunctions make values secret, and show them.
func secretFunctions() map[string]function.Function {
	change := func(to func(cty.Value) cty.Value) function.Function {
		return function.New(&function.Spec{
			Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowNull: true, AllowMarked: true, AllowUnknown: true, AllowDynamicType: true}},
			Type:   func(arguments []cty.Value) (cty.Type, error) { return arguments[0].Type(), nil },
			Impl:   func(arguments []cty.Value, _ cty.Type) (cty.Value, error) { return to(arguments[0]), nil },
		})
	}
	return map[string]function.Function{
		"sensitive": change(func(value cty.Value) cty.Value { return value.Mark(sensitive) }),
		"nonsensitive": change(func(value cty.Value) cty.Value {
			plain, _ := value.Unmark()
			return plain
		}),
	}
}
