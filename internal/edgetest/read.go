package edgetest

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"edgegen/internal/config"
	"edgegen/internal/explain"
)

// file is what stands in a file with tests.
type file struct {
	Tests []struct {
		Name    string `hcl:"name,label"`
		Request struct {
			Method   *string           `hcl:"method"`
			URL      string            `hcl:"url"`
			Headers  map[string]string `hcl:"headers,optional"`
			Peer     *string           `hcl:"peer"`
			Protocol *string           `hcl:"protocol"`
			Place    hcl.Range         `hcl:",def_range"`
		} `hcl:"request,block"`
		App *struct {
			Status  *int              `hcl:"status"`
			Headers map[string]string `hcl:"headers,optional"`
			Body    string            `hcl:"body,optional"`
			Place   hcl.Range         `hcl:",def_range"`
		} `hcl:"app,block"`
		Expect struct {
			Body  hcl.Body  `hcl:",remain"`
			Place hcl.Range `hcl:",def_range"`
		} `hcl:"expect,block"`
		Place hcl.Range `hcl:",def_range"`
	} `hcl:"test,block"`
}

// reader reads one file.
type reader struct {
	name  string
	lines []string
	found config.Diagnostics
}

// Read reads the files of a directory that hold tests, in the order of their names.
// Problems are told all together.
func Read(directory string) ([]Test, config.Diagnostics) {
	names, _ := filepath.Glob(filepath.Join(directory, "*"+Ending)) // the pattern is none that fails
	slices.Sort(names)
	var tests []Test
	var found config.Diagnostics
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			found = append(found, config.Diagnostic{Severity: config.Error, Summary: err.Error()})
			continue
		}
		r := &reader{name: name, lines: strings.Split(string(data), "\n")}
		tests = append(tests, r.read(data)...)
		slices.SortStableFunc(r.found, func(a, b config.Diagnostic) int { return a.Line - b.Line })
		found = append(found, r.found...)
	}
	return tests, found
}

func (r *reader) read(data []byte) (tests []Test) {
	parsed, problems := hclsyntax.ParseConfig(data, r.name, hcl.InitialPos)
	if r.report(problems) {
		return nil
	}
	var content file
	if r.report(gohcl.DecodeBody(parsed.Body, nil, &content)) {
		return nil
	}
	seen := map[string]bool{}
	for _, one := range content.Tests {
		t := Test{Name: one.Name, File: r.name, Line: one.Place.Start.Line}
		if seen[one.Name] {
			r.problem(one.Place, "give each test a name of its own", "there are two tests called %q", one.Name)
		}
		seen[one.Name] = true
		method := "GET"
		if one.Request.Method != nil {
			method = *one.Request.Method
		}
		protocol := ""
		if one.Request.Protocol != nil {
			protocol = *one.Request.Protocol
		}
		var fields []string
		for name, value := range one.Request.Headers {
			fields = append(fields, name+": "+value)
		}
		slices.Sort(fields)
		var err error
		if t.Request, err = explain.Ask(explain.Asked{Method: method, URL: one.Request.URL, Fields: fields, Protocol: protocol}); err != nil {
			r.problem(one.Request.Place, "", "%s", err)
		}
		if one.Request.Peer != nil {
			if t.Request.Peer, err = netip.ParseAddr(*one.Request.Peer); err != nil {
				r.problem(one.Request.Place, "write an IP address, such as 10.0.0.1", "peer is %q", *one.Request.Peer)
			}
		}
		if one.App != nil {
			t.App = &App{Status: 200, Headers: one.App.Headers, Body: one.App.Body}
			if one.App.Status != nil {
				t.App.Status = *one.App.Status
			}
			if t.App.Status < 200 || t.App.Status > 599 {
				r.problem(one.App.Place, "write one from 200 to 599", "an app answers no %d", t.App.Status)
			}
		}
		t.Expects = r.expectations(one.Expect.Body)
		if len(t.Expects) == 0 && len(r.found) == 0 {
			r.problem(one.Expect.Place, "expect something, such as status = 200", "the test expects nothing")
		}
		tests = append(tests, t)
	}
	return tests
}

// expectations reads an expect block, in the order of its lines.
func (r *reader) expectations(body hcl.Body) (all []Expectation) {
	attributes, problems := body.JustAttributes()
	r.report(problems)
	for name, attribute := range attributes {
		i := slices.IndexFunc(rows(), func(one row) bool { return one.name == name })
		if i < 0 {
			r.problem(attribute.NameRange, "write one of "+names(), "expect has no argument %q", name)
			continue
		}
		value, problems := attribute.Expr.Value(nil)
		if r.report(problems) {
			continue
		}
		what := rows()[i]
		read, err := what.kind.read(value)
		if err != nil {
			r.problem(attribute.Expr.Range(), "", "%s is %s: %s", name, what.words, err)
			continue
		}
		all = append(all, Expectation{Line: attribute.Range.Start.Line, what: what, value: read})
	}
	slices.SortFunc(all, func(a, b Expectation) int { return a.Line - b.Line })
	return all
}

func names() string {
	var all []string
	for _, one := range rows() {
		all = append(all, one.name)
	}
	return strings.Join(all, ", ")
}

// read makes a Go value of one of HCL.
func (k kind) read(value cty.Value) (any, error) {
	if value.IsNull() && k != fields {
		return nil, fmt.Errorf("null is none")
	}
	switch k {
	case number:
		value, err := convert.Convert(value, cty.Number)
		if err != nil {
			return nil, err
		}
		n, _ := value.AsBigFloat().Int64() // a status, or one that nothing equals
		return int(n), nil
	case choices:
		if value.Type() == cty.String {
			return []string{value.AsString()}, nil
		}
		value, err := convert.Convert(value, cty.List(cty.String))
		if err != nil {
			return nil, err
		}
		var all []string
		for _, one := range value.AsValueSlice() {
			if one.IsNull() {
				return nil, fmt.Errorf("null is none")
			}
			all = append(all, one.AsString())
		}
		return all, nil
	case fields:
		value, err := convert.Convert(value, cty.Map(cty.String))
		if err != nil || value.IsNull() {
			return nil, fmt.Errorf("write { Name = \"value\" }, or null for a field that is not there")
		}
		all := map[string]*string{}
		for name, one := range value.AsValueMap() {
			all[name] = nil
			if !one.IsNull() {
				text := one.AsString()
				all[name] = &text
			}
		}
		return all, nil
	}
	value, err := convert.Convert(value, cty.String)
	if err != nil {
		return nil, err
	}
	return value.AsString(), nil
}

// report tells of HCL's own problems, and whether there are any.
func (r *reader) report(problems hcl.Diagnostics) bool {
	for _, one := range problems {
		place := hcl.Range{}
		if one.Subject != nil {
			place = *one.Subject
		}
		summary := strings.ToLower(one.Summary[:1]) + one.Summary[1:]
		if one.Detail != "" {
			summary += ": " + strings.TrimSuffix(one.Detail, ".")
		}
		r.problem(place, "", "%s", summary)
	}
	return problems.HasErrors()
}

func (r *reader) problem(place hcl.Range, remedy, format string, values ...any) {
	d := config.Diagnostic{Severity: config.Error, Summary: fmt.Sprintf(format, values...), Remedy: remedy, File: r.name}
	if at := place.Start.Line; at > 0 && at <= len(r.lines) {
		d.Line, d.Column, d.EndLine, d.EndColumn, d.Snippet = at, place.Start.Column, place.End.Line, place.End.Column, strings.TrimRight(r.lines[at-1], "\r")
	}
	r.found = append(r.found, d)
}
