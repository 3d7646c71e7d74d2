package config

import "testing"

// Whatever is written, help is given for every place of it, and no place that is
// named is outside of the text.
func FuzzAssist(f *testing.F) {
	for _, text := range []string{
		"site \"a.test\" {\n  route \"/\" { backend = \"app\" }\n}\n", "}}{{", "a = [", "x \"", "dynamic \"route\" {\n content {", "edge {\n  engine { tls = \"${var.",
		"variable \"x\" {}\nlocals {\n a = var.x\n}", "a = <<E\n}\nE\n", "a b c {", "site { dynamic { content { x",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a := Assist(map[string][]byte{"site.hcl": []byte(text), "other.hcl": []byte("variable \"x\" {}\n")})
		inside := func(p Place) {
			if p.From < 0 || p.To < p.From || p.File == "site.hcl" && p.To > len(text) {
				t.Errorf("%+v in a text of %d bytes", p, len(text))
			}
		}
		for offset := range len(text) + 1 {
			for _, c := range a.Complete("site.hcl", offset) {
				inside(c.At)
			}
			_, at := a.Describe("site.hcl", offset)
			inside(at)
			if place, found := a.Definition("site.hcl", offset); found {
				inside(place)
			}
		}
	})
}
