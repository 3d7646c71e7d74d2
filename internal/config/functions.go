package config

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/go-cty-funcs/cidr"
	"github.com/hashicorp/go-cty-funcs/crypto"
	"github.com/hashicorp/go-cty-funcs/encoding"
	"github.com/hashicorp/go-cty-funcs/uuid"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// functions are those that expressions can call. The same site has to mean the
// same every time, so none of them asks for the time or for chance.
func (l *loader) functions() map[string]function.Function {
	all := pureFunctions()
	maps.Copy(all, map[string]function.Function{
		"file": l.fileFunction(), "fileexists": l.fileExistsFunction(), "templatefile": l.templateFileFunction(),
		"env": l.environmentFunction(),
	})
	return all
}

// fileFunctions are the names of those that ask for something outside.
func fileFunctions() []string { return []string{"env", "file", "fileexists", "templatefile"} }

// functionNames are those of all functions, sorted.
func functionNames() []string {
	return slices.Sorted(slices.Values(append(sortedNames(pureFunctions()), fileFunctions()...)))
}

func pureFunctions() map[string]function.Function {
	all := map[string]function.Function{
		"abs": stdlib.AbsoluteFunc, "ceil": stdlib.CeilFunc, "floor": stdlib.FloorFunc, "log": stdlib.LogFunc, "max": stdlib.MaxFunc,
		"min": stdlib.MinFunc, "parseint": stdlib.ParseIntFunc, "pow": stdlib.PowFunc, "signum": stdlib.SignumFunc,
		"chomp": stdlib.ChompFunc, "format": stdlib.FormatFunc, "formatlist": stdlib.FormatListFunc, "indent": stdlib.IndentFunc,
		"join": stdlib.JoinFunc, "lower": stdlib.LowerFunc, "regex": stdlib.RegexFunc, "regexall": stdlib.RegexAllFunc,
		"regex_replace": stdlib.RegexReplaceFunc, "replace": replaceFunction(), "split": stdlib.SplitFunc, "strlen": stdlib.StrlenFunc, "strrev": stdlib.ReverseFunc,
		"substr": stdlib.SubstrFunc, "title": stdlib.TitleFunc, "trim": stdlib.TrimFunc, "trimprefix": stdlib.TrimPrefixFunc,
		"trimspace": stdlib.TrimSpaceFunc, "trimsuffix": stdlib.TrimSuffixFunc, "upper": stdlib.UpperFunc,
		"chunklist": stdlib.ChunklistFunc, "coalesce": coalesceFunction(), "coalescelist": stdlib.CoalesceListFunc, "compact": stdlib.CompactFunc,
		"concat": stdlib.ConcatFunc, "contains": stdlib.ContainsFunc, "distinct": stdlib.DistinctFunc, "element": stdlib.ElementFunc,
		"flatten": stdlib.FlattenFunc, "index": indexFunction(), "keys": stdlib.KeysFunc, "length": lengthFunction(), "lookup": lookupFunction(),
		"merge": stdlib.MergeFunc, "range": stdlib.RangeFunc, "reverse": stdlib.ReverseListFunc, "setintersection": stdlib.SetIntersectionFunc,
		"setproduct": stdlib.SetProductFunc, "setsubtract": stdlib.SetSubtractFunc, "setunion": stdlib.SetUnionFunc, "slice": stdlib.SliceFunc,
		"sort": stdlib.SortFunc, "values": stdlib.ValuesFunc, "zipmap": stdlib.ZipmapFunc,
		"csvdecode": stdlib.CSVDecodeFunc, "jsondecode": stdlib.JSONDecodeFunc, "jsonencode": stdlib.JSONEncodeFunc,
		"formatdate": stdlib.FormatDateFunc, "timeadd": stdlib.TimeAddFunc,
		"base64decode": encoding.Base64DecodeFunc, "base64encode": encoding.Base64EncodeFunc, "urlencode": encoding.URLEncodeFunc,
		"cidrhost": cidr.HostFunc, "cidrnetmask": cidr.NetmaskFunc, "cidrsubnet": cidr.SubnetFunc, "cidrsubnets": cidr.SubnetsFunc,
		"md5": crypto.Md5Func, "sha1": crypto.Sha1Func, "sha256": crypto.Sha256Func, "sha512": crypto.Sha512Func, "rsadecrypt": crypto.RsaDecryptFunc,
		"uuidv5": uuid.V5Func,
		"can":    tryfunc.CanFunc, "try": tryfunc.TryFunc,
		"tobool": stdlib.MakeToFunc(cty.Bool), "tonumber": stdlib.MakeToFunc(cty.Number), "tostring": stdlib.MakeToFunc(cty.String),
		"tolist": stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType)), "tomap": stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType)),
		"toset": stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)),
	}
	maps.Copy(all, textFunctions())
	maps.Copy(all, listFunctions())
	maps.Copy(all, secretFunctions())
	return all
}

// text is a parameter of a function.
func textParameter(name string) function.Parameter {
	return function.Parameter{Name: name, Type: cty.String}
}

// textFunctions are about texts, and not among those of the libraries.
func textFunctions() map[string]function.Function {
	test := func(holds func(text, part string) bool) function.Function {
		return function.New(&function.Spec{
			Params: []function.Parameter{textParameter("text"), textParameter("part")},
			Type:   function.StaticReturnType(cty.Bool),
			Impl: func(arguments []cty.Value, _ cty.Type) (cty.Value, error) {
				return cty.BoolVal(holds(arguments[0].AsString(), arguments[1].AsString())), nil
			},
		})
	}
	change := func(to func(string) string) function.Function {
		return function.New(&function.Spec{
			Params: []function.Parameter{textParameter("path")},
			Type:   function.StaticReturnType(cty.String),
			Impl: func(arguments []cty.Value, _ cty.Type) (cty.Value, error) {
				return cty.StringVal(to(arguments[0].AsString())), nil
			},
		})
	}
	return map[string]function.Function{
		"startswith": test(strings.HasPrefix), "endswith": test(strings.HasSuffix), "strcontains": test(strings.Contains),
		"basename": change(path.Base), "dirname": change(path.Dir),
	}
}

// replaceFunction replaces a text, or a regular expression that stands between
// slashes.
func replaceFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{textParameter("text"), textParameter("old"), textParameter("new")},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(arguments []cty.Value, _ cty.Type) (cty.Value, error) {
			old := arguments[1].AsString()
			if len(old) > 1 && strings.HasPrefix(old, "/") && strings.HasSuffix(old, "/") {
				return stdlib.RegexReplace(arguments[0], cty.StringVal(old[1:len(old)-1]), arguments[2])
			}
			return stdlib.Replace(arguments[0], arguments[1], arguments[2])
		},
	})
}

// environmentFunction returns a variable of edgegen's environment. One that is
// not there is an error, unless a second argument says what stands for it.
func (l *loader) environmentFunction() function.Function {
	return function.New(&function.Spec{
		Params:   []function.Parameter{textParameter("name")},
		VarParam: &function.Parameter{Name: "standard", Type: cty.String},
		Type:     function.StaticReturnType(cty.String),
		Impl: func(arguments []cty.Value, _ cty.Type) (cty.Value, error) {
			if len(arguments) > 2 {
				return cty.NilVal, errors.New("it takes a name and what stands for one that is not set")
			}
			name := arguments[0].AsString()
			text, ok := os.LookupEnv(name)
			l.rely(reliance{kind: onEnvironment, name: name, content: text, there: ok})
			switch {
			case ok:
				return cty.StringVal(text), nil
			case len(arguments) == 2:
				return arguments[1], nil
			}
			return cty.NilVal, fmt.Errorf("the environment has no %s; env(%q, \"…\") says what stands for it", name, name)
		},
	})
}
