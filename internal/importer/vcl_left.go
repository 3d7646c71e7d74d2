package importer

import (
	"slices"
	"strings"
)

// leftOver gives a verdict to whatever has none yet.
func (v *vcl) leftOver() {
	for _, s := range v.file.items {
		switch word := s.word(0); {
		case word == "vcl" || word == "import":
			s.idle("the language of the cache is edgegen's own affair")
		case word == "probe", word == "acl", word == "backend", word == "director":
			s.idle("nothing asks for it")
		case word == "sub":
			s.idle("nothing calls it")
		}
		if s.Verdict == Idle && s.word(0) == "sub" {
			s.idleAll(s.Why)
		}
		s.every(func(one *statement) {
			around := s
			switch {
			case !one.open():
			case around.word(0) == "backend" || around.word(0) == "probe" || around.word(0) == "acl" || around.word(0) == "director":
				if around.Verdict == Translated && slices.Contains(knownAttributes(), one.word(0)) {
					one.into(around.Into[0])
				} else if around.Verdict == Translated && around.word(0) != "acl" && one.word(0) != "" {
					one.refuse("the attribute is not translated here", "write what it is for into the backend by hand")
				} else {
					one.Verdict, one.Why, one.Remedy, one.Into = around.Verdict, around.Why, around.Remedy, slices.Clone(around.Into)
				}
			default:
				one.refuse("it is not translated here", remedyVCL(one.source()))
			}
		})
	}
}

// knownAttributes are those whose meaning needs no word of its own.
func knownAttributes() []string {
	return []string{".host", ".port", ".path", ".backend", ".share", ".weight", ".proxy_header"}
}

func remedyVCL(text string) string {
	for _, one := range []struct{ part, remedy string }{
		{"do_esi", "have the app, or the browser, put the parts together: edgegen knows no ESI"},
		{"Set-Cookie", "have the app set no cookie there: what sets one is not stored"},
		{"Cookie", "name the cookies that do not matter in `cache { ignore_cookies = [ … ] }`"},
		{"ban", "purge by `edgegen purge`, or by the method PURGE with `cache { purge { allow = [ … ] } }`"},
		{"synth", "write a route with a redirect, aliases, or an error_page"},
		{"hash_data", "have the app name the header in Vary"},
		{"req.http.", "write `request_headers { set = { … } }` into the route"},
		{"resp.http.", "write `response_headers { set = { … } }` into the route"},
	} {
		if strings.Contains(text, one.part) {
			return one.remedy
		}
	}
	return "write what it is for into the site by hand, or have the app do it; where it has to stay VCL, raw { varnish { … } } takes it, and nothing else serves the cache tier then"
}
