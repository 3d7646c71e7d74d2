package importer

import (
	"fmt"
	"strings"
)

// varnish leads the backends of a VCL to nginx, or to the apps.
func (p *replay) varnish(file *vclFile) {
	p.out.Varnish = p.Listen("varnish")
	backends, _, _ := declared(file)
	if len(file.items) > 0 && file.items[0].word(0) != "vcl" {
		for _, s := range file.items {
			s.every((*statement).modern)
			s.modern()
		}
	}
	var out strings.Builder
	for _, s := range file.items {
		if b := backends[s.word(1)]; s.word(0) == "backend" && b != nil && b.host != "" {
			at := p.App(b.address())
			if p.inner(b.address()) {
				at = p.Listen(p.web(b.address()))
			}
			host, port, _ := strings.Cut(at, ":")
			fmt.Fprintf(&out, "backend %s { .host = %q; .port = %q; }\n", s.word(1), host, port)
			continue
		}
		writeVCL(&out, s)
	}
	text := out.String()
	if !strings.HasPrefix(text, "vcl ") {
		text = "vcl 4.0;\n" + text
	}
	p.out.VCL = text
}

// modern writes a statement of Varnish 3 as the Varnish of today reads it, as far as
// that is a matter of words.
func (s *statement) modern() {
	sub := s.sub()
	words := s.words[:0:0]
	for i, word := range s.words {
		text := word.text
		if i > 0 && operand(s.words[i-1]) && operand(word) && i > 3 && s.word(0) == "set" {
			words = append(words, vclToken{text: "+"})
		}
		if !word.quoted {
			switch text {
			case "req.backend":
				text = "req.backend_hint"
			case "req.request":
				text = "req.method"
			case "remove":
				text = "unset"
			case "vcl_fetch":
				text = "vcl_backend_response"
			case "vcl_error":
				text = "vcl_synth"
			case "lookup":
				if sub == "vcl_recv" {
					text = "hash"
				}
			}
			if sub == "vcl_fetch" && strings.HasPrefix(text, "req.") {
				text = "b" + text
			}
		}
		words = append(words, vclToken{text: text, quoted: word.quoted})
	}
	s.words = words
}

// operand reports a word that has a value.
func operand(t vclToken) bool {
	return t.quoted || strings.ContainsRune(t.text, '.') && vclNameByte(t.text[0])
}

// sub is the subroutine that a statement stands in.
func (s *statement) sub() string {
	for s.around != nil && s.around.around != nil {
		s = s.around
	}
	if s.word(0) == "sub" {
		return s.word(1)
	}
	return ""
}

// web is where nginx listens for the cache: at the address that is asked, or at one of
// its own where it listens nowhere near.
func (p *replay) web(address string) string {
	if at := p.listens(address); at != "" {
		return at
	}
	return "web " + address
}

// writeVCL writes a statement as it was.
func writeVCL(out *strings.Builder, s *statement) {
	out.WriteString(vclText(s.words))
	if !s.block {
		if s.word(0) != "" && !strings.HasPrefix(s.word(0), "C{") {
			out.WriteString(";")
		}
		out.WriteString("\n")
		return
	}
	out.WriteString(" {\n")
	for _, one := range s.body {
		if one.word(0) != "include" {
			writeVCL(out, one)
		}
	}
	out.WriteString("}\n")
}

// vclText writes words of VCL.
func vclText(words []vclToken) string {
	var all []string
	for _, word := range words {
		switch {
		case word.quoted && strings.ContainsAny(word.text, "\"\n"):
			all = append(all, `{"`+word.text+`"}`)
		case word.quoted:
			all = append(all, `"`+word.text+`"`)
		default:
			all = append(all, word.text)
		}
	}
	return strings.Join(all, " ")
}
