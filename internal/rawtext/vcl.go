package rawtext

import (
	"strings"
)

// VCL looks at statements of a subroutine, or at declarations.
func VCL(text string) *Problem {
	if p := control(text); p != nil {
		return p
	}
	var around blocks
	line, last, lastLine := 1, "", 1
	for at := 0; at < len(text); {
		kind, length := vclToken(text[at:])
		if length == 0 {
			return problem(line, "end it", "has a %s that does not end", kind)
		}
		token, begins := text[at:at+length], line
		at += length
		line += strings.Count(token, "\n")
		if kind == "" || kind == "comment" {
			continue
		}
		last, lastLine = token, begins
		switch token {
		case "{":
			around.open("", begins)
		case "}":
			if !around.shut() {
				return problem(begins, "take it out, or add the \"{\" that it belongs to", outOfBlock)
			}
		case "C{":
			return problem(begins, "use what VCL and its modules have", "has C in it")
		case "include":
			return problem(begins, `write ${file("…")} into the text instead`, "includes a file, whose braces nobody has looked at")
		}
	}
	if p := around.left(); p != nil {
		return p
	}
	if last != "" && last != ";" && last != "}" {
		return problem(lastLine, `end it with ";"`, noSemicolon)
	}
	return nil
}

// vclToken is how long the token at the beginning of a text is, 0 where it does not end.
// Its kind is "" for space.
func vclToken(text string) (kind string, length int) {
	until := func(kind, open, shut string) (string, int) {
		if n := strings.Index(text[len(open):], shut); n >= 0 {
			return kind, n + len(open) + len(shut)
		}
		return kind, 0
	}
	switch c := text[0]; {
	case isSpace(c):
		return "", 1
	case c == '#', strings.HasPrefix(text, "//"):
		if n := strings.IndexByte(text, '\n'); n >= 0 {
			return "comment", n
		}
		return "comment", len(text)
	case strings.HasPrefix(text, "/*"):
		return until("comment", "/*", "*/")
	case strings.HasPrefix(text, `"""`):
		return until("string", `"""`, `"""`)
	case strings.HasPrefix(text, `{"`):
		return until("string", `{"`, `"}`)
	case strings.HasPrefix(text, "C{"):
		return "C", 2
	case c == '"':
		kind, length = until("string", `"`, `"`)
		if strings.Contains(text[:length], "\n") {
			return kind, 0
		}
		return kind, length
	case isVCLName(c):
		for length < len(text) && (isVCLName(text[length]) || text[length] == '-' || text[length] == '.') {
			length++
		}
		return "name", length
	}
	return "mark", 1
}

func isVCLName(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
