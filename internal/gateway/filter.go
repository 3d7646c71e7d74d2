package gateway

import (
	"fmt"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// filters are what a rule does besides asking an app.
type filters struct {
	request, response changes
	redirect          *redirect
	host              string // that the app is asked for; "" for what the client has sent
	replace           *replacement
}

// changes are those of header fields.
type changes struct {
	set    []field
	add    []field
	remove []string
}

// replacement is a path in place of another.
type replacement struct {
	prefix bool // it takes the place of what was matched, and not of the whole
	path   string
}

// readFilters reads the filters of a rule. The error names one that there is not.
func (f *filters) readFilters(rule gatewayv1.HTTPRouteRule, matches []match) error {
	for _, one := range rule.Filters {
		if err := f.read(one); err != nil {
			return err
		}
	}
	for _, ref := range rule.BackendRefs {
		if len(ref.Filters) > 0 {
			return fmt.Errorf("the reference to %s has filters: write them on the rule", ref.Name)
		}
	}
	replaced := f.replace
	if f.redirect != nil {
		replaced = f.redirect.replace
	}
	for _, m := range matches {
		if replaced != nil && replaced.prefix && m.kind != prefixPath {
			return fmt.Errorf("ReplacePrefixMatch needs matches of the type PathPrefix, and %q is none", m.path)
		}
	}
	return nil
}

func (f *filters) read(one gatewayv1.HTTPRouteFilter) (err error) {
	switch {
	case one.Type == gatewayv1.HTTPRouteFilterRequestHeaderModifier && one.RequestHeaderModifier != nil:
		f.request.read(one.RequestHeaderModifier)
		return nil
	case one.Type == gatewayv1.HTTPRouteFilterResponseHeaderModifier && one.ResponseHeaderModifier != nil:
		f.response.read(one.ResponseHeaderModifier)
		return nil
	case one.Type == gatewayv1.HTTPRouteFilterRequestRedirect && one.RequestRedirect != nil:
		f.redirect, err = readRedirect(one.RequestRedirect)
		return err
	case one.Type == gatewayv1.HTTPRouteFilterURLRewrite && one.URLRewrite != nil:
		f.host = hostname(one.URLRewrite.Hostname)
		f.replace, err = readReplacement(one.URLRewrite.Path)
		return err
	}
	return fmt.Errorf("there is no filter %s", one.Type)
}

func (c *changes) read(spec *gatewayv1.HTTPHeaderFilter) {
	for _, h := range spec.Add {
		c.add = append(c.add, field{string(h.Name), h.Value})
	}
	for _, h := range spec.Set {
		c.set = append(c.set, field{string(h.Name), h.Value})
	}
	c.remove = append(c.remove, spec.Remove...)
}

func readReplacement(spec *gatewayv1.HTTPPathModifier) (*replacement, error) {
	switch {
	case spec == nil:
		return nil, nil
	case spec.Type == gatewayv1.FullPathHTTPPathModifier && spec.ReplaceFullPath != nil:
		path := *spec.ReplaceFullPath
		if !strings.HasPrefix(path, "/") {
			path = "/" + path
		}
		return &replacement{path: path}, nil
	case spec.Type == gatewayv1.PrefixMatchHTTPPathModifier && spec.ReplacePrefixMatch != nil:
		return &replacement{prefix: true, path: strings.TrimRight(*spec.ReplacePrefixMatch, "/")}, nil
	}
	return nil, fmt.Errorf("paths are not replaced by %s", spec.Type)
}
