package config

import (
	"fmt"
	"slices"
	"strings"
)

// Assistant helps to write a site. It knows what can stand at a place, what a word means,
// and where it is declared. It looks at texts only, which need not parse. It is not
// changed once it is made, and may be used from any goroutine.
type Assistant struct {
	files map[string]assisted
	names []string // sorted
}

type assisted struct {
	text  []byte
	whole *outline
}

// Place is a part of a file, by the offsets of its ends in bytes.
type Place struct {
	File     string
	From, To int
}

// Assist reads the files of a site, by their names. What is JSON is left out.
func Assist(files map[string][]byte) *Assistant {
	a := &Assistant{files: map[string]assisted{}}
	for name, text := range files {
		if !isJSON(name) {
			a.files[name] = assisted{text, outlineOf(name, text)}
			a.names = append(a.names, name)
		}
	}
	slices.Sort(a.names)
	return a
}

// declaration is what a name stands for.
type declaration struct {
	name  string
	place Place
	words string // of a variable: its description; of a backend: what it says
}

// declared lists variables, or locals.
func (a *Assistant) declared(root string) (all []declaration) {
	for _, file := range a.names {
		f := a.files[file]
		for _, b := range f.whole.children {
			switch {
			case b.name == "variable" && root == variableRoot && len(b.labels) > 0:
				all = append(all, declaration{b.labels[0].text, Place{file, b.header.from, b.header.to}, f.inside(b)})
			case b.name == "locals" && root == localRoot:
				for _, i := range b.items {
					all = append(all, declaration{i.name, Place{file, i.place.from, i.place.to}, string(f.text[i.place.from:max(i.place.to, i.value.to)])})
				}
			}
		}
	}
	return all
}

// backends lists those of the site that a block is in.
func (a *Assistant) backends(file string, b *outline) (all []declaration) {
	s := b.within("site")
	if s == nil {
		return nil
	}
	f, kind := a.files[file], backendLanguage()
	for _, child := range s.children {
		if child.name == kind.name && len(child.labels) > 0 {
			all = append(all, declaration{child.labels[0].text, Place{file, child.header.from, child.header.to}, f.inside(child)})
		}
	}
	return all
}

// namesBackend reports whether the value of an argument is the name of a backend.
func namesBackend(row *argument) bool {
	return row != nil && row.name == backendLanguage().name
}

// inside is the text of a block.
func (f assisted) inside(b *outline) string {
	to := min(b.body.to+1, len(f.text))
	return strings.TrimSpace(string(f.text[b.header.from:to]))
}

// wordAt is the word that an offset is in or behind, with its dots.
func (f assisted) wordAt(offset int) (word string, place span) {
	place = span{offset, offset}
	for place.from > 0 && isWordByte(f.text[place.from-1]) {
		place.from--
	}
	for place.to < len(f.text) && isWordByte(f.text[place.to]) {
		place.to++
	}
	return string(f.text[place.from:place.to]), place
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '-'
}

// Describe tells what the word at an offset means, in Markdown, and where that
// stands; "" where there is nothing to tell.
func (a *Assistant) Describe(file string, offset int) (text string, at Place) {
	f, found := a.files[file]
	if !found || offset < 0 || offset > len(f.text) {
		return "", Place{}
	}
	b := f.whole.innermost(offset)
	for _, child := range b.children {
		if child.kind != nil && child.header.holds(offset) {
			return child.kind.describe(), Place{file, child.header.from, child.header.to}
		}
	}
	for _, i := range b.items {
		if b.kind == nil || !i.place.holds(offset) {
			continue
		}
		if row := b.kind.argument(i.name); row != nil {
			return row.describe(), Place{file, i.place.from, i.place.to}
		}
	}
	if one, place, named := a.named(file, b, offset); named {
		return "```hcl\n" + one.words + "\n```", Place{file, place.from, place.to}
	}
	return "", Place{}
}

// Definition is where what the word at an offset names is declared: a variable, a
// local, or a backend of the same site.
func (a *Assistant) Definition(file string, offset int) (Place, bool) {
	f, found := a.files[file]
	if !found || offset < 0 || offset > len(f.text) {
		return Place{}, false
	}
	one, _, named := a.named(file, f.whole.innermost(offset), offset)
	return one.place, named
}

// named finds the declaration that the word at an offset is about.
func (a *Assistant) named(file string, b *outline, offset int) (one declaration, place span, found bool) {
	f := a.files[file]
	i := slices.IndexFunc(b.items, func(i item) bool { return i.value.from >= 0 && i.value.holds(offset) })
	if i < 0 {
		return declaration{}, span{}, false
	}
	word, place := f.wordAt(offset)
	var among []declaration
	if b.kind != nil && namesBackend(b.kind.argument(b.items[i].name)) {
		among = a.backends(file, b)
	}
	for _, root := range []string{variableRoot, localRoot} {
		if rest, ok := strings.CutPrefix(word, root+"."); ok {
			word, _, _ = strings.Cut(rest, ".")
			among = a.declared(root)
		}
	}
	at := slices.IndexFunc(among, func(d declaration) bool { return d.name == word })
	if at < 0 {
		return declaration{}, span{}, false
	}
	return among[at], place, true
}

func (s *schema) describe() string {
	header := s.name
	if s.label != "" {
		header += fmt.Sprintf(" %q", s.label)
	}
	return fmt.Sprintf("`%s { … }`\n\n%s.", header, s.words)
}

func (a *argument) describe() string {
	text := fmt.Sprintf("`%s = %s`\n\n%s.\n\nTakes: %s. ", a.name, a.example, a.words, a.takes())
	if a.needed {
		return text + "It is needed."
	}
	if a.standard != "" {
		return text + "Default: " + a.standardWords() + "."
	}
	return strings.TrimSpace(text)
}
