// Package jobspec reads jobs of Nomad strictly: every word has to be one that the types of
// Nomad's own API have a place for, and every value has to fit there. Nomad's parser has no
// open licence since version 1.7; test/nomad asks the last one that has.
package jobspec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/nomad/api"
	"github.com/zclconf/go-cty/cty"
)

// Parse reads a file with one job.
func Parse(text []byte) (*api.Job, error) {
	file, diagnostics := hclsyntax.ParseConfig(text, "job.nomad.hcl", hcl.InitialPos)
	if diagnostics.HasErrors() {
		return nil, diagnostics
	}
	body := file.Body.(*hclsyntax.Body)
	if len(body.Attributes) > 0 || len(body.Blocks) != 1 || body.Blocks[0].Type != "job" || len(body.Blocks[0].Labels) != 1 {
		return nil, fmt.Errorf("a file of one job has a job block and nothing else")
	}
	job := &api.Job{ID: &body.Blocks[0].Labels[0], Name: &body.Blocks[0].Labels[0]}
	if err := decode(body.Blocks[0].Body, job); err != nil {
		return nil, err
	}
	job.Canonicalize()
	return job, nil
}

// evaluate is an expression's value, in which what Nomad fills in stands as it is written.
func evaluate(e hclsyntax.Expression) (cty.Value, error) {
	variables := map[string]cty.Value{}
	for _, traversal := range e.Variables() {
		words := []string{traversal.RootName()}
		for _, step := range traversal[1:] {
			if one, ok := step.(hcl.TraverseAttr); ok {
				words = append(words, one.Name)
			}
		}
		if root := words[0]; !strings.HasPrefix(root, "NOMAD_") && !slices.Contains([]string{"node", "attr", "meta", "env", "device"}, root) {
			return cty.NilVal, fmt.Errorf("%v: nobody fills in %q", traversal.SourceRange(), root)
		}
		value := cty.StringVal("${" + strings.Join(words, ".") + "}")
		for _, word := range slices.Backward(words[1:]) {
			value = cty.ObjectVal(map[string]cty.Value{word: value})
		}
		variables[words[0]] = value
	}
	value, diagnostics := e.Value(&hcl.EvalContext{Variables: variables})
	if diagnostics.HasErrors() {
		return cty.NilVal, diagnostics
	}
	return value, nil
}
