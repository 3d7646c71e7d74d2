package render

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"
)

// fill compiles a template and runs it once.
func (h header) fill(name string, view any) (text, error) {
	program, err := h.program(name)
	if err != nil {
		return text{}, err
	}
	return program.run(view)
}

// unnamed is a placeholder for the generation's name until that is known.
const unnamed = "5e0a4f7c91d2b386"

// named renders a file that contains its generation's name, and returns both. The name is a
// digest of the file and of the files beside it.
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
		return File{}, "", &TemplateError{Path: cmp.Or(common.templates.path(name), common.templates.Dir), What: "it does not write .Generation, by which edgegen finds out whether the daemon serves what was rendered",
			Remedy: "copy the lines about the probe from edgegen's own template"}
	}
	// The placeholder's text is also in the HCL: render again, with the name.
	common.Generation = generation
	if made, err = program.run(view(common)); err != nil {
		return File{}, "", err
	}
	return made.file(file.Name), generation, nil
}

// nameOf returns a name made from the content.
func nameOf(parts ...[]byte) string {
	sum := sha256.New()
	for _, part := range parts {
		sum.Write(part)
	}
	return hex.EncodeToString(sum.Sum(nil))[:16]
}
