package config

// argument is one row of the language: everything there is to say about an
// argument, once. Decoding, "did you mean", docs/language.md, the JSON schema
// and completion read it. Elsewhere in the code an argument is known by its
// field in the model.
type argument struct {
	name     string
	kind     kind
	choices  []string // of a text that is one of several
	standard string   // the value of an argument that is left out, as it would be written; "" for none
	least    string   // the bounds of a number, size or duration, as they would be written
	most     string
	elements int    // the most elements of a list; 0 for any number
	needed   bool   // its block cannot do without it
	serves   bool   // it is about answers from files or an app, so it does not go with a redirect
	inside   bool   // it can stand on a route that no client reaches
	raw      bool   // it names things, and is not evaluated
	by       tier   // who carries it out
	own      string // what to do instead, in a file that edges share, of what each has for itself; "" where they can share it
	words    string
	example  string // a value, as it would be written

	into   field                       // the model's field
	source field                       // the model's field for the place where it is written; may be nil
	read   func(b *block, a *argument) // sets the field, where the kind does not say how
}

// kind is what an argument takes.
type kind string

const (
	textKind     kind = "string"
	listKind     kind = "list of strings"
	someKind     kind = "string, or list of strings"
	flagKind     kind = "true or false"
	numberKind   kind = "number"
	shareKind    kind = "number from 0 to 1"
	sizeKind     kind = "size"
	durationKind kind = "duration"
	objectKind   kind = "object of strings"
	eachKind     kind = "map, or set of strings"
	anyKind      kind = "any value"
	typeKind     kind = "type"
	wordKind     kind = "name"
)

// tier is a set of those who carry an argument out.
type tier uint8

const (
	edgegenItself tier = 1 << iota // whichever engines serve
	tlsTier
	cacheTier
	webTier
)

func (t tier) names() []string {
	var names []string
	for i, name := range []string{"edgegen", "tls", "cache", "web"} {
		if t&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// schema is a kind of block.
type schema struct {
	name      string   // as it is written; "" for that of a whole file
	title     string   // as a message calls it
	label     string   // an example of its label; "" where it has none
	many      bool     // it may stand several times in its block
	serves    bool     // as for an argument
	inside    bool     // likewise
	free      bool     // its arguments have any name
	either    []string // arguments and blocks of which it needs one at least
	words     string
	arguments []argument
	blocks    []*schema

	home      home                          // where in the model of the block around it its own is kept
	source    field                         // the model's field for its place; may be nil
	readLabel func(b *block, label located) // may be nil
	check     func(b *block)                // looks at the model when everything is in it; may be nil
}

// The kinds of blocks in a file.
func (s *schema) edge() *schema     { return s.blocks[0] }
func (s *schema) site() *schema     { return s.blocks[1] }
func (s *schema) variable() *schema { return s.blocks[2] }
func (s *schema) locals() *schema   { return s.blocks[3] }

// each is the argument that repeats the block; nil for a kind without.
func (s *schema) each() *argument {
	for i := range s.arguments {
		if s.arguments[i].kind == eachKind {
			return &s.arguments[i]
		}
	}
	return nil
}

// argument returns the row of that name; nil where there is none.
func (s *schema) argument(name string) *argument {
	for i := range s.arguments {
		if s.arguments[i].name == name {
			return &s.arguments[i]
		}
	}
	return nil
}

// child returns the kind of block of that name; nil where there is none.
func (s *schema) child(name string) *schema {
	for _, c := range s.blocks {
		if c.name == name {
			return c
		}
	}
	return nil
}

func (s *schema) argumentNames() []string {
	var names []string
	for i := range s.arguments {
		names = append(names, s.arguments[i].name)
	}
	return names
}

func (s *schema) blockNames() []string {
	var names []string
	for _, c := range s.blocks {
		names = append(names, c.name)
	}
	return names
}

// homesOf returns the titles of the blocks that may hold the name, as an
// argument or as a block.
func (s *schema) homesOf(name string) []string {
	var homes []string
	if s.argument(name) != nil || s.child(name) != nil {
		homes = append(homes, s.title)
	}
	for _, c := range s.blocks {
		homes = append(homes, c.homesOf(name)...)
	}
	return homes
}
