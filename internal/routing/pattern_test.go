package routing

import (
	"strings"
	"testing"
)

func TestCompile(t *testing.T) {
	for _, text := range []string{
		`^/u/(?<id>[0-9]+)$`, `^/u/(?P<id>[0-9]+)$`, `^/(.+)/edit$`, `^/img/(.+)\.(?:jpe?g|png|gif)$`, `\.php$`, `\.(?:jpg|jpeg|png)$`,
		`^(.+\.php)(/.+)$`, `^/(.+)/([^/]+)$`, `^/(.+)/([^/]+)\.html$`, `^/([^/]+)/([^/]+)/([^/]+)/?$`, `(?i)^/About$`, `^/a(?:/[a-z]+){0,8}$`,
		`^/u/.*`, `^/(?:en|de|fr)(?:/|$)`, `^/\d{4}/\d{2}/[\w-]+$`, `/u/[0-9]+$`, `^/[^/]+/feed\b`, `^/x{2,}$`, `^/(?i:ABC)\x2f[[:alpha:]]+\z`,
		`^/\{[a-z]+\}$`, `^/(|a)$`, `^/(?<year>\d{4})-(?<rest>.*)$`, `^/a|^/b$`, `\A/a`, `^/[a-z]{1,64}/x`, `^/$`, `^/(?s:.+)$`, `^/a.?b$`, `^/[\d-]+$`,
	} {
		if _, err := Compile(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for text, want := range map[string]string{
		``: "empty", `^/(?=a)b`: "looks around", `^/(?!a)b`: "looks around", `^/(?<=a)b`: "looks around", `^/(?<!a)b`: "looks around",
		`^/(a)\1$`: "back reference", `^/a++$`: "possessive", `^/a*+$`: "possessive", `^/a?+$`: "possessive", `^/a{2}+$`: "possessive", `^/(?>a)$`: "atomic",
		`^/\C`: "same way", `^/\pL`: "same way", `^/\Qa.b\E`: "same way", `^/\R`: "same way", `^/\h`: "same way", `^/\Z`: "same way", `^/\n`: "same way", `^/\0`: "same way",
		`^/\x{41}`: "same way", `^/\xe9`: "no ASCII", `^/ä`: "no ASCII", "^/\n": "control", `^/a{,5}`: "no count", `^/a{ 1,2 }`: "no count", `^/{id}`: "no count",
		`(*UTF)^/`: `"(*"`, `^/(?x)a b`: "same way", `^/(?U)a+`: "same way", `^/(?m)a$`: "same way", `^/(?#x)a`: "same way", `^/(?|a|b)`: "same way", `^/(?'n'a)`: "same way",
		`^/(?P=n)a`: "same way", `^/(?R)`: "same way", `^/[[.a.]]`: "in a class", `^/[a[b]`: "in a class", `^/[\b]`: "in a class", `^/[a`: "without", `^/(a`: "missing closing",
		`^/a)`: "unexpected )", `^/**`: "nested repetition", `^*a`: "a group without", `^/a\`: "ends in", `^/(?<1a>b)`: "a capture called", `^/(?<` + strings.Repeat("a", 33) + `>b)`: "a capture called",
		`^/(?<a>b)(?<a>c)`: "two captures", `^/[z-a]`: "invalid character class range", strings.Repeat("a", 1001): "more than",
		`^/(?:a+)+$`: "a group without", `^/(a|b)*$`: "a group without", `^/(?:[a-z]+x?)+$`: "a group without", `^/(.*)b(.*)c(.*)d$`: "very long", `[0-9]+$`: "every place",
		`/[a-z/]+/edit$`: "every place", `^/(.+)x([a-z]+)$`: "very long", `^/a?a?a?a?aaaa$`: "too many ways", `^/(?:a?){16}a`: "too many ways", `^/(?:ab){17}$`: "up to 17", `^/(?:(?:(?:(?:a{1,2}){16}){16}){16}){16}b`: "invalid repeat count",
	} {
		_, err := Compile(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestSubject(t *testing.T) {
	for path, want := range map[string]string{"/a b": "/a b", "/a\nb": "/a?b", "/\xc3\xa4": "/\u00c3\u00a4", "/a\x7f": "/a?", "/\xff": "/\u00ff"} {
		if got := subjectOf(path); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
}
