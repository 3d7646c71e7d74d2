package config

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/tools/txtar"
)

// The schema says of a file in JSON what edgegen does, as far as a schema can.
func TestL5JSONSchema(t *testing.T) {
	text, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("edgegen.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("edgegen.json")
	if err != nil {
		t.Fatal(err)
	}
	valid := func(content string) error {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(value)
	}
	archive, err := txtar.ParseFile(filepath.Join("testdata", "json-right.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	if err := valid(string(archive.Files[0].Data)); err != nil {
		t.Error(err)
	}
	const site = `"tls": {"self_signed": true}, "backend": {"app": {"servers": ["127.0.0.1:1"]}}`
	for content, good := range map[string]bool{
		`{}`: true, `{"edge": {}}`: true, `{"edge": [{}]}`: true, `{"edge": [{}, {}]}`: false, `{"edg": {}}`: false,
		`{"site": {"a.test": {` + site + `}}}`:                                            true,
		`{"site": {"a.test": [{` + site + `}]}}`:                                          true,
		`{"site": {"a.test": {` + site + `, "x": 1}}}`:                                    false,
		`{"site": {"a.test": {"backend": {"app": {}}}}}`:                                  false,
		`{"edge": {"limits": {"connections": 5}}}`:                                        false,
		`{"edge": {"limits": {"connections": "5"}}}`:                                      false,
		`{"edge": {"limits": {"connections": "${local.n}"}}}`:                             true,
		`{"edge": {"limits": {"connections": null}}}`:                                     true,
		`{"edge": {"timeouts": {"idle": "1h30m"}}}`:                                       true,
		`{"edge": {"timeouts": {"idle": "1"}}}`:                                           false,
		`{"edge": {"engine": {"tls": "nginxx"}}}`:                                         false,
		`{"edge": {"http": ":80"}}`:                                                       false,
		`{"locals": {"a": 1, "b": {"c": []}}}`:                                            true,
		`{"variable": {"a": {"type": "string", "default": null}}}`:                        true,
		`{"variable": {"a": {"typ": "string"}}}`:                                          false,
		`{"edge": {"dynamic": {"log": {"for_each": [1], "content": {"level": "info"}}}}}`: true,
	} {
		if err := valid(content); (err == nil) != good {
			t.Errorf("%s: %v", content, err)
		}
	}
}
