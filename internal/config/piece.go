package config

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// A file is parsed in pieces, so that a piece which has not changed since an earlier load
// need not be parsed again. Every line that begins with a letter begins a piece: in the
// canonical layout, those are the lines where blocks of the file begin. Where one of them
// is no such line, because it stands in a comment, a heredoc or a block that is not
// indented, a piece ends within something, and does not parse. The file is then parsed as
// a whole, as it is wherever anything is wrong with it. Pieces that all parse make the
// same blocks as the whole: each ends with a line, outside of everything.

// piece is a part of a file, or all of it.
type piece struct {
	text   []byte
	start  int   // its offset in the text that is parsed
	line   int   // the number of lines above it
	breaks []int // as in source, counted from the piece's beginning
	body   *hclsyntax.Body
	plain  bool        // nothing in it has to be evaluated
	known  *remembered // set in place of body
}

// cut returns the texts of a file's pieces.
func cut(content []byte) [][]byte {
	var texts [][]byte
	begin := 0
	for at, b := range content {
		if at > 0 && content[at-1] == '\n' && b >= 'a' && b <= 'z' {
			texts = append(texts, content[begin:at])
			begin = at
		}
	}
	return append(texts, content[begin:])
}

// parsePieces is not ok where the file has to be parsed as a whole.
func (l *loader) parsePieces(s *source) (pieces []*piece, ok bool) {
	offset, line := 0, 0
	var breaks []int
	for _, text := range cut(s.content) {
		p := &piece{text: text, start: offset + len(breaks), line: line}
		if !l.recall(s, p) && !p.parse(s.name) {
			return nil, false
		}
		for _, at := range p.breaks {
			breaks = append(breaks, offset+at)
		}
		offset += len(text)
		line += bytes.Count(text, []byte("\n"))
		pieces = append(pieces, p)
	}
	s.breaks = breaks
	return pieces, true
}

// shortText bounds what the parser can nest in a text that has not been looked
// at: far too little to use up the stack.
const shortText = 16 << 10

// parse parses a piece, as it is or with the line breaks that it lacks. It
// reports whether all is well.
func (p *piece) parse(name string) bool {
	from := hcl.Pos{Byte: p.start, Line: 1, Column: 1}
	if len(p.text) <= shortText && p.parseText(p.text, name, from) && p.plain {
		return true
	}
	tokens, _ := hclsyntax.LexConfig(p.text, name, start)
	if _, deep := tooDeep(tokens); deep {
		return false
	}
	p.breaks = lineBreaks(tokens)
	return p.parseText(withBreaks(p.text, p.breaks), name, from)
}

func (p *piece) parseText(text []byte, name string, from hcl.Pos) bool {
	file, problems := hclsyntax.ParseConfig(text, name, from)
	body, ok := file.Body.(*hclsyntax.Body)
	p.body = body
	if !ok || len(problems) > 0 || len(body.Attributes) > 0 {
		return false
	}
	p.plain = plain(body, 0)
	return true
}

// parse returns the pieces of each source, in their order.
func (l *loader) parse(sources []*source) [][]*piece {
	var parsed [][]*piece
	for _, s := range sources {
		pieces, ok := []*piece(nil), false
		if !isJSON(s.name) {
			pieces, ok = l.parsePieces(s)
		}
		if !ok {
			pieces = []*piece{{body: l.parseOne(s)}}
		}
		parsed = append(parsed, pieces)
	}
	return parsed
}
