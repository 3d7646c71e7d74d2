package render

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"
)

// fill runs a template once.
func (h header) fill(name string, view any) (text, error) {
	program, err := h.program(name)
	if err != nil {
		return text{}, err
	}
	return program.run(view)
}

// unnamed stands for the name of a generation until that is known.
const unnamed = "5e0a4f7c91d2b386"

// named renders a file that holds its generation's name, once, and returns both.
// What stands beside the file is part of the generation.
func named(name string, common header, view func(header) any, beside ...[]byte) (file File, generation string, err error) {
	program, err := common.program(name)
	if err != nil {
		return File{}, "", err
	}
	common.Generation = unnamed
	made, err := program.run(view(common))
	if err != nil {
		return File{}, "", err
	}
	generation = nameOf(append([][]byte{made.unplaced()}, beside...)...)
	file = made.file(strings.TrimSuffix(path.Base(name), ".tmpl"))
	if bytes.Count(file.Data, []byte(unnamed)) == 1 {
		file.Data = bytes.Replace(file.Data, []byte(unnamed), []byte(generation), 1)
		return file, generation, nil
	}
	if common.standby && bytes.Count(file.Data, []byte(unnamed)) == 0 && common.templates != nil {
		return File{}, "", &TemplateError{Path: cmp.Or(common.templates.path(name), common.templates.Dir), What: "it does not write .Generation, by which edgegen sees whether the daemon serves what was rendered",
			Remedy: "keep what edgegen's own template has for its probe"}
	}
	// Something in the HCL has just that text.
	common.Generation = generation
	if made, err = program.run(view(common)); err != nil {
		return File{}, "", err
	}
	return made.file(file.Name), generation, nil
}

// nameOf names something by what it holds.
func nameOf(parts ...[]byte) string {
	sum := sha256.New()
	for _, part := range parts {
		sum.Write(part)
	}
	return hex.EncodeToString(sum.Sum(nil))[:16]
}
