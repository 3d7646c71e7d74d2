package routing

import (
	"fmt"
	"strings"
)

// spelling refuses what the two readers of an expression take for different things,
// or one of them alone understands. What is left package regexp checks.
func spelling(text string) *Problem {
	if text == "" {
		return &Problem{"is empty", `write "~ ^/u/(?<id>[0-9]+)$", say`}
	}
	if len(text) > longestPattern {
		return &Problem{fmt.Sprintf("has more than %d bytes", longestPattern), "write several routes"}
	}
	for _, c := range text {
		if c < ' ' || c == 0x7f {
			return &Problem{"holds a control character", ""}
		}
		if c > 0x7e {
			return &Problem{fmt.Sprintf("holds %q, which is no ASCII", c), "write a class of other characters that stands for it, such as [^/]"}
		}
	}
	for at := 0; at < len(text); {
		length, problem := token(text[at:])
		if problem != nil {
			return problem
		}
		at += length
	}
	return nil
}

// token looks at what stands at the beginning of an expression, outside of classes,
// and returns how long it is.
func token(text string) (length int, problem *Problem) {
	switch text[0] {
	case '\\':
		return escape(text)
	case '[':
		return class(text)
	case '(':
		return group(text)
	case '{':
		end := strings.IndexByte(text, '}')
		if end < 0 || !isCount(text[1:end]) {
			return 0, &Problem{`holds "{" where no count stands`, `write "\{" for the character`}
		}
		return end + 1, possessive(text[end+1:])
	case '*', '+', '?':
		return 1, possessive(text[1:])
	}
	return 1, nil
}

// possessive refuses a "+" behind a repetition.
func possessive(rest string) *Problem {
	if strings.HasPrefix(rest, "+") {
		return &Problem{"holds a possessive repetition", "leave out the second +"}
	}
	return nil
}

// isCount reports what may stand in braces: "3", "3," or "3,5".
func isCount(text string) bool {
	low, high, ranged := strings.Cut(text, ",")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return digits(low) && (!ranged || high == "" || digits(high))
}

func escape(text string) (length int, problem *Problem) {
	if len(text) < 2 {
		return 0, &Problem{`ends in "\"`, `write "\\" for the character`}
	}
	switch c := text[1]; {
	case strings.IndexByte("dDwWsSbBAz", c) >= 0:
	case c >= '1' && c <= '9':
		return 0, &Problem{fmt.Sprintf("holds %q, a back reference", text[:2]), "write what it is to match"}
	case c == 'x' && len(text) > 3 && digit(text[2]) >= 0 && digit(text[3]) >= 0:
		if digit(text[2]) > 7 {
			return 0, &Problem{fmt.Sprintf("holds %q, which is no ASCII", text[:4]), "write a class of other characters that stands for it, such as [^/]"}
		}
		return 4, nil
	case c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		return 0, &Problem{fmt.Sprintf("holds %q, which not every engine reads in the same way", text[:2]), `\d, \w, \s, \b, their opposites, \A, \z, \x2f and escaped punctuation can be used`}
	}
	return 2, nil
}

// class looks at a class in brackets.
func class(text string) (length int, problem *Problem) {
	at := 1
	if strings.HasPrefix(text[at:], "^") {
		at++
	}
	for first := true; at < len(text); first = false {
		switch {
		case text[at] == ']' && !first:
			return at + 1, nil
		case text[at] == '\\':
			length, problem := escape(text[at:])
			if problem == nil && strings.IndexByte("bBAz", text[at+1]) >= 0 {
				problem = &Problem{fmt.Sprintf("holds %q in a class", text[at:at+2]), "leave it out"}
			}
			if problem != nil {
				return 0, problem
			}
			at += length
		case strings.HasPrefix(text[at:], "[:"):
			end := strings.Index(text[at:], ":]")
			if end < 0 {
				return 0, &Problem{`holds "[:" without ":]"`, `write "\[" for the character`}
			}
			at += end + 2
		case text[at] == '[':
			return 0, &Problem{`holds "[" in a class`, `write "\[" for the character`}
		default:
			at++
		}
	}
	return 0, &Problem{`holds "[" without "]"`, `write "\[" for the character`}
}

func group(text string) (length int, problem *Problem) {
	rest, special := strings.CutPrefix(text, "(?")
	switch {
	case strings.HasPrefix(text, "(*"):
		return 0, &Problem{`holds "(*", which not every engine reads in the same way`, ""}
	case !special || strings.HasPrefix(rest, ":"):
		return 1, nil
	case strings.HasPrefix(rest, "="), strings.HasPrefix(rest, "!"), strings.HasPrefix(rest, "<="), strings.HasPrefix(rest, "<!"):
		return 0, &Problem{"looks around, which not every engine can", "write another route for what is not meant: the first that fits is taken"}
	case strings.HasPrefix(rest, ">"):
		return 0, &Problem{"holds an atomic group", `write "(?:"`}
	case strings.HasPrefix(rest, "P<"), strings.HasPrefix(rest, "<"):
		return len(text) - len(rest) + strings.IndexByte(rest, '<') + 1, nil
	}
	flags := rest[:len(rest)-len(strings.TrimLeft(rest, "is-"))]
	if end := rest[len(flags):]; flags == "" || !strings.HasPrefix(end, ":") && !strings.HasPrefix(end, ")") {
		return 0, &Problem{fmt.Sprintf("holds %q, which not every engine reads in the same way", text[:min(len(text), 4)]), `(?:…), (?<name>…), (?i) and (?s) can be used`}
	}
	return 2 + len(flags), nil
}
