package native

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func frame(status int, body string) string {
	return fmt.Sprintf("%03d %-8d\n%s\n", status, len(body), body)
}

func TestReadReply(t *testing.T) {
	for _, test := range []struct {
		name, wire string
		want       Reply
		wrong      string // part of the error
	}{
		{"empty body", "200 0       \n\n", Reply{Status: 200}, ""},
		{"body with newlines", frame(106, "a\nb\n"), Reply{Status: 106, Body: "a\nb\n"}, ""},
		{"full width length", "200 00000002\nab\n", Reply{Status: 200, Body: "ab"}, ""},
		{"nothing", "", Reply{}, io.EOF.Error()},
		{"half a header", "200 1", Reply{}, io.ErrUnexpectedEOF.Error()},
		{"no body", "200 4       \n", Reply{}, io.ErrUnexpectedEOF.Error()},
		{"half a body", "200 4       \nab", Reply{}, io.ErrUnexpectedEOF.Error()},
		{"longer than it says", "200 2       \nabc\n", Reply{}, "no newline"},
		{"too long", "200 99999999\n", Reply{}, "99999999 bytes"},
		{"negative", "200 -1      \n", Reply{}, "malformed"},
		{"signed status", "+20 1       \na\n", Reply{}, "malformed"},
		{"no length", "200         \n", Reply{}, "malformed"},
		{"space within", "200 1 2     \n", Reply{}, "malformed"},
		{"another protocol", "HTTP/1.1 400 Bad Request\r\n", Reply{}, "malformed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := readReply(strings.NewReader(test.wire))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if (err == nil) != (test.wrong == "") || err != nil && !strings.Contains(err.Error(), test.wrong) {
				t.Errorf("error %v, want %q", err, test.wrong)
			}
		})
	}
}

func TestCommandLine(t *testing.T) {
	for _, test := range []struct {
		name  string
		words []string
		want  string // "" where it is refused
	}{
		{"plain", []string{"vcl.load", "g1", "/run/x-y_z/default.vcl"}, "vcl.load g1 /run/x-y_z/default.vcl\n"},
		{"empty argument", []string{"param.set", "a", ""}, "param.set a \"\"\n"},
		{"space", []string{"ban", "a b"}, "ban \"a b\"\n"},
		{"quotes and backslash", []string{"x", `"\`}, `x "\"\\"` + "\n"},
		{"newline cannot end the line", []string{"x", "a\nstop"}, `x "a\012stop"` + "\n"},
		{"beyond ASCII", []string{"x", "é\x7f"}, `x "\303\251\177"` + "\n"},
		{"comment", []string{"x", "#a"}, "x \"#a\"\n"},
		{"NUL", []string{"x", "a\x00b"}, ""},
		{"here-document", []string{"vcl.inline", "a", "<<", "EOF"}, ""},
		{"nothing", nil, ""},
		{"no name", []string{""}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := commandLine(test.words)
			if got != test.want || (err == nil) != (test.want != "") {
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

// unquoteLine splits a line as varnishd does (VAV_Parse).
func unquoteLine(line string) ([]string, error) {
	var words []string
	for i := 0; i < len(line); {
		if strings.IndexByte(" \t\r\n", line[i]) >= 0 {
			i++
			continue
		}
		quoted := line[i] == '"'
		if quoted {
			i++
		}
		var word []byte
		for ; ; i++ {
			if i == len(line) {
				if quoted {
					return nil, errors.New("unterminated quote")
				}
				break
			}
			if quoted && line[i] == '"' {
				i++
				break
			}
			if !quoted && strings.IndexByte(" \t\r\n", line[i]) >= 0 {
				break
			}
			if line[i] != '\\' {
				word = append(word, line[i])
				continue
			}
			var value byte
			switch rest := line[i+1:]; {
			case rest != "" && (rest[0] == '"' || rest[0] == '\\'):
				word, i = append(word, rest[0]), i+1
			default:
				if n, err := fmt.Sscanf(rest, "%3o", &value); n != 1 || err != nil {
					return nil, fmt.Errorf("bad escape %q", rest)
				}
				word, i = append(word, value), i+3
			}
		}
		words = append(words, string(word))
	}
	return words, nil
}

func FuzzCommandLine(f *testing.F) {
	f.Add("vcl.load", "name", "/a b/\"c\"\\.vcl")
	f.Add("x", "", "\n\r\t\x01\x7f\xff")
	f.Add("a b", "<<", "\x00")
	f.Add("x", "\\101", "\" stop \"")
	f.Fuzz(func(t *testing.T, name, first, second string) {
		words := []string{name, first, second}
		line, err := commandLine(words)
		if err != nil {
			return
		}
		if strings.Count(line, "\n") != 1 || !strings.HasSuffix(line, "\n") {
			t.Fatalf("%q is not one line", line)
		}
		got, err := unquoteLine(line)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if diff := cmp.Diff(words, got); diff != "" {
			t.Errorf("%q: %s", line, diff)
		}
	})
}

func FuzzReadReply(f *testing.F) {
	f.Add([]byte(frame(200, "PONG 1 1.0")))
	f.Add([]byte(frame(107, "llnecjkcrbaikcvysellpjyanradjhpj\n\nAuthentication required.\n")))
	f.Add([]byte("200 99999999\n"))
	f.Add([]byte("200 0       \n"))
	f.Fuzz(func(t *testing.T, wire []byte) {
		reply, err := readReply(bytes.NewReader(wire))
		if err != nil {
			return
		}
		again, err := readReply(strings.NewReader(frame(reply.Status, reply.Body)))
		if err != nil || again != reply {
			t.Errorf("%+v does not survive: %+v, %v", reply, again, err)
		}
	})
}
