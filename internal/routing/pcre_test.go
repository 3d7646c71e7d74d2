package routing

import (
	"bufio"

	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var (
	patternSeed  = flag.Uint64("pattern-seed", uint64(time.Now().UnixNano()), "of the expressions that TestPCRE2 makes up")
	patternCount = flag.Int("patterns", 150, "how many expressions TestPCRE2 makes up")
)

// inventor makes up regular expressions, and paths that some of them match.
type inventor struct{ *rand.Rand }

func (v inventor) of(choices ...string) string { return choices[v.IntN(len(choices))] }

// atom is something that can be repeated.
func (v inventor) atom(depth int) string {
	switch n := v.IntN(12); {
	case n < 4:
		return v.of("a", "b", "A", "k", "s", "7", "-", "_", `\.`, `\x2f`, "/", "%", "@", ",", `\-`, `\{`, " ")
	case n < 6:
		return v.of(`\d`, `\w`, `\s`, `\D`, `\W`, `\S`, ".")
	case n < 9:
		return v.of("[a-c]", "[^/]", "[A-Z_]", "[^a-z]", "[0-9-]", "[-.]", `[\d.]`, `[^\w]`, `[\s\-]`, "[[:alpha:]]", "[[:^digit:]]", "[^[:space:]a]", "[]a]", `[\]\\]`, "[a^]", "[%-/]")
	case depth <= 0:
		return "x"
	case n < 10:
		return "(" + v.branches(depth-1) + ")"
	case n < 11:
		return v.of("(?:", "(?i:", "(?s:", "(?-i:", "(?is:") + v.branches(depth-1) + ")"
	}
	return fmt.Sprintf("(?<n%d>%s)", v.IntN(1000), v.branches(depth-1))
}

func (v inventor) branches(depth int) string {
	text := v.sequence(depth)
	for range v.IntN(3) / 2 * (1 + v.IntN(2)) {
		text += "|" + v.sequence(depth)
	}
	return text
}

func (v inventor) sequence(depth int) string {
	text := ""
	for range 1 + v.IntN(4) {
		switch v.IntN(14) {
		case 0:
			text += v.of(`\b`, `\B`, "$", "^", `\z`, "")
			continue
		}
		text += v.atom(depth)
		if v.IntN(3) == 0 {
			text += v.of("?", "*", "+", "{2}", "{1,3}", "{2,}", "*?", "+?", "??", "{0,2}?")
		}
	}
	return text
}

func (v inventor) pattern() string {
	return v.of("^/", "^/", "^", `\A/`, "(?i)^/", "/") + v.branches(2) + v.of("", "$", `\z`, "/")
}

func (v inventor) path() string {
	text := "/"
	for range v.IntN(9) {
		text += v.of("a", "b", "c", "A", "B", "K", "k", "s", "S", "x", "0", "7", "/", ".", "-", "_", "%", "@", ",", "{", "]", `\`, "^", " b", "?", "\u017f", "\u212a", "\xe4", "\xff", "\x85", "\xa0", "\xb5", "ab", "77/")
	}
	return text
}

// TestPCRE2 holds what package regexp finds in made-up paths by made-up expressions that
// a route can have against what nginx finds there by PCRE2, as Varnish does: whether one
// matches, and what it captures.
func TestPCRE2(t *testing.T) {
	program, err := exec.LookPath("nginx")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("nginx is missing")
		}
		t.Skip("there is no nginx to compare with")
	}
	v := inventor{rand.New(rand.NewPCG(*patternSeed, 1))}
	t.Logf("-pattern-seed %d", *patternSeed)
	var patterns []*Pattern
	for tries := 0; len(patterns) < *patternCount && tries < 100**patternCount; tries++ {
		if p, err := Compile(v.pattern()); err == nil {
			patterns = append(patterns, p)
		}
	}
	if len(patterns) < *patternCount {
		t.Fatalf("%d of the expressions can be used", len(patterns))
	}
	ask := startNginx(t, program, patterns)
	matched := 0
	for range 2 * *patternCount {
		subject := subjectOf(v.path())
		raw := octets(subject)
		for i, line := range ask(raw) {
			want := "no"
			if found := patterns[i].expression.FindStringSubmatch(subject); found != nil {
				matched++
				found = append(found, "", "")
				want = fmt.Sprintf("yes<%s><%s>", octets(found[1]), octets(found[2]))
			}
			if line != want {
				t.Errorf("%s on %q: regexp says %q, and PCRE2 %q", patterns[i].expression, raw, want, line)
			}
		}
	}
	t.Logf("%d expressions, %d paths, %d matches", len(patterns), 2**patternCount, matched)
}

// octets are a subject as PCRE2 is given it: a byte for each character.
func octets(subject string) string {
	out := make([]byte, 0, len(subject))
	for _, c := range subject {
		out = append(out, byte(c))
	}
	return string(out)
}

// startNginx runs an nginx that holds a path against each of the patterns.
func startNginx(t *testing.T, program string, patterns []*Pattern) (ask func(path string) []string) {
	dir := t.TempDir()
	var maps, answer strings.Builder
	for i, p := range patterns {
		quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(p.expression.String())
		fmt.Fprintf(&maps, "map $http_x_subject $m%d { default no; \"~%s\" \"yes<$1><$2>\"; }\n", i, quoted)
		fmt.Fprintf(&answer, "$m%d\\n", i)
	}
	socket := filepath.Join(dir, "s")
	config := fmt.Sprintf("daemon off;\nmaster_process off;\npid %[1]s/pid;\nevents {}\nhttp {\naccess_log off;\nkeepalive_requests 1000000;\nvariables_hash_max_size 65536;\n%[2]s"+
		"client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/c;\n"+
		"server { listen unix:%[3]s; location / { return 200 \"%[4]s\"; } }\n}\n", dir, maps.String(), socket, answer.String())
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	nginx := exec.CommandContext(t.Context(), program, "-c", file, "-p", dir, "-e", "stderr")
	nginx.Stderr = &said
	if err := nginx.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = nginx.Process.Kill() // it may have ended
		_ = nginx.Wait()
	})
	var connection net.Conn
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) { // between two looks
		var err error
		if connection, err = net.Dial("unix", socket); err == nil {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("%v: %s", err, said.String())
		}
	}
	t.Cleanup(func() { _ = connection.Close() }) // which nobody reads from any more
	reader := bufio.NewReader(connection)
	return func(path string) []string {
		t.Helper()
		if _, err := fmt.Fprintf(connection, "GET / HTTP/1.1\r\nHost: x\r\nX-Subject: %s\r\n\r\n", path); err != nil {
			t.Fatal(err)
		}
		r, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(string(body), "\n"), "\n")
		if len(lines) != len(patterns) {
			t.Fatalf("%d lines: %.200s", len(lines), body)
		}
		return lines
	}
}
