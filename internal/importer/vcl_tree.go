package importer

import (
	"slices"
	"strings"
)

// vclFile is a VCL, with what it includes.
type vclFile struct {
	items []*statement
}

// statement is a declaration, or a statement of a subroutine. An if is one statement
// for each of its branches.
type statement struct {
	*Line
	words  []vclToken // up to the block, or the semicolon
	block  bool
	body   []*statement
	around *statement
	orElse bool // it is another branch of the if before it
}

// source is the statement as a text in which one space stands between the words, and
// strings are quoted: what it means is told by that.
func (s *statement) source() string { return joined(s.words) }

func joined(tokens []vclToken) string {
	var words []string
	for _, token := range tokens {
		if token.quoted {
			words = append(words, `"`+token.text+`"`)
		} else {
			words = append(words, token.text)
		}
	}
	return strings.Join(words, " ")
}

// word is one of the words, "" where there are not so many.
func (s *statement) word(i int) string {
	if i < len(s.words) {
		return s.words[i].text
	}
	return ""
}

// tail are the words from one on.
func (s *statement) tail(from int) []vclToken { return s.words[min(from, len(s.words)):] }

// vclReader reads the statements of files.
type vclReader struct {
	files   files
	lines   []*Line
	reading []string
}

func readVCL(f files, name, text string) (*vclFile, []*Line, error) {
	r := &vclReader{files: f}
	file := &statement{}
	err := r.read(name, text, file)
	return &vclFile{items: file.body}, r.lines, err
}

func (r *vclReader) read(name, text string, around *statement) error {
	tokens, err := lexVCL(name, text)
	if err != nil {
		return err
	}
	r.reading = append(r.reading, name)
	defer func() { r.reading = r.reading[:len(r.reading)-1] }()
	rest, err := r.body(name, tokens, around, 0)
	if err == nil && len(rest) > 0 {
		err = problem(name, rest[0].line, "there is a %q that ends no block", oneLine(rest[0].text))
	}
	return err
}

// mostDepth bounds how deep blocks stand in each other.
const mostDepth = 100

// body reads statements up to the end of the block, and returns the tokens from there.
func (r *vclReader) body(file string, tokens []vclToken, around *statement, depth int) ([]vclToken, error) {
	if depth > mostDepth {
		return nil, problem(file, tokens[0].line, "blocks stand more than %d deep in each other", mostDepth)
	}
	for len(tokens) > 0 && !isMark(tokens[0], "}") {
		if isMark(tokens[0], ";") {
			tokens = tokens[1:]
			continue
		}
		s := &statement{Line: &Line{File: file, Line: tokens[0].line}, around: around}
		if r.lines = append(r.lines, s.Line); len(r.lines) > mostDirectives {
			return nil, problem(file, s.Line.Line, "there are more than %d statements", mostDirectives)
		}
		around.body = append(around.body, s)
		n := s.length(tokens)
		s.words = tokens[:n]
		s.Text, s.EndLine = short(joined(s.words)), tokens[0].end
		if n > 0 {
			s.EndLine = tokens[n-1].end
		}
		if tokens = tokens[n:]; len(tokens) == 0 {
			if s.word(0) == "C" || strings.HasPrefix(s.word(0), "C{") || strings.HasPrefix(s.word(0), "vcl") {
				return nil, nil
			}
			return nil, problem(file, s.Line.Line, "%q does not end", oneLine(s.word(0)))
		}
		s.orElse = s.word(0) == "else" || s.word(0) == "elseif" || s.word(0) == "elsif" || s.word(0) == "elif"
		switch {
		case isMark(tokens[0], ";"):
			s.EndLine, tokens = tokens[0].end, tokens[1:]
			if err := r.include(s); err != nil {
				return nil, err
			}
		case isMark(tokens[0], "{"):
			s.block = true
			rest, err := r.body(file, tokens[1:], s, depth+1)
			if err != nil {
				return nil, err
			}
			if len(rest) == 0 {
				return nil, problem(file, s.Line.Line, "a block does not end")
			}
			tokens = rest[1:]
		}
	}
	return tokens, nil
}

func isMark(t vclToken, mark string) bool { return !t.quoted && t.text == mark }

// length is the number of tokens of a statement before its block or semicolon.
func (s *statement) length(tokens []vclToken) int {
	if strings.HasPrefix(tokens[0].text, "C{") {
		return 1
	}
	for i, token := range tokens {
		if isMark(token, ";") || isMark(token, "{") || isMark(token, "}") {
			return i
		}
	}
	return len(tokens)
}

// include reads a file in the place of the statement that names it.
func (r *vclReader) include(s *statement) error {
	if s.word(0) != "include" || len(s.words) < 2 {
		return nil
	}
	name := s.words[len(s.words)-1].text
	names, why := r.files.included(s.File, name)
	if why != "" || len(names) != 1 {
		if why == "" {
			why = "there is no such file"
		}
		s.refuse(why, "name that file beside this one, or put what it says in the place of the include")
		return nil
	}
	if slices.Contains(r.reading, names[0]) {
		return problem(s.File, s.Line.Line, "%s includes itself", name)
	}
	text, err := r.files.read(names[0])
	if err != nil {
		return err
	}
	s.into("what stands in " + names[0])
	return r.read(names[0], text, s.around)
}

// every calls a function with each statement in the block, and in theirs.
func (s *statement) every(do func(*statement)) {
	for _, one := range s.body {
		do(one)
		one.every(do)
	}
}

// idleAll gives the statement, and all in it, one reason.
func (s *statement) idleAll(why string) {
	s.idle(why)
	s.every(func(one *statement) { one.idle(why) })
}

// refuseAll refuses the statement, and with it all in it.
func (s *statement) refuseAll(why, remedy string) {
	s.refuse(why, remedy)
	s.every(func(one *statement) {
		if one.open() {
			one.refuse("it holds under what is refused", "see the block around it")
		}
	})
}
