package cachesuite

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

const path = "../../docs/cache-tests.md"

// reasons say why a test is left open, by the beginning of its name.
func reasons() [][2]string {
	return [][2]string{
		{"age-parse-prefix", "an Age that is a list is no number of seconds: the response counts as stale"},
		{"stale-close-", "what is asked for is an error of the app, and the edge's own 502 is taken for a stored answer; nothing stale is given"},
		{"headers-store-Set-Cookie", "a response with Set-Cookie is never stored"},
		{"304-etag-update-response-Set-Cookie", "a response with Set-Cookie is never stored"},
		{"304-etag-update-response-ETag", "a 304 with another ETag confirms another response (RFC 9111 4.3.4): all of it is fetched"},
		{"304-etag-update-response-Content-", "Varnish takes over every field of a 304, and VCL cannot see what it replaces"},
		{"headers-omit-headers-listed-in-Connection", "nginx drops Connection without looking what it names (nginx-named-by-connection)"},
		{"invalidate-M-SEARCH", "methods other than the usual seven are refused with 405"},
		{"method-POST", "the answer to a POST is not kept for a GET"},
		{"vary-normalise-lang-order", "many apps take the first language: the order is part of what is asked for"},
		{"vary-normalise-lang-select", "which language an answer has is not looked at"},
		{"vary-normalise-", "Varnish compares fields byte by byte (varnish-vary-spelling)"},
		{"conditional-lm-fresh-no-lm", "If-Modified-Since is older than the answer's Date, which counts where there is no Last-Modified: it has changed"},
		{"cc-resp-no-cache-revalidate", "what is asked about each time is fetched anew (varnish-asked-about)"},
		{"partial-store-", "a part is not stored: on a miss the whole is asked for"},
		{"other-set-cookie", "a response with Set-Cookie is never stored"},
		{"other-cookie", "a request with a cookie goes past the cache, unless the site ignores the cookie"},
	}
}

func reason(id string) string {
	for _, r := range reasons() {
		if strings.HasPrefix(id, r[0]) {
			return r[1]
		}
	}
	return ""
}

// document writes what came of the tests, or holds that it is written.
func document(t *testing.T, results map[string][]result) {
	t.Helper()
	var b strings.Builder
	b.WriteString(`# The public tests for HTTP caches

What [http-cache-tests](https://cache-tests.fyi) 0.4.5 says of edgegen's caches. ` + "`make cache-tests`" + ` fetches the suite, runs it against the builtin cache and against Varnish, and holds that this page tells what came of it; with ` + "`go test ./test/cachesuite -update`" + ` (and CACHE_TESTS naming the suite) the page is written anew.

The first site of the run lets the cache guess (` + "`heuristic = true`" + `), and its route says that failures may be kept (` + "`ttl = \"0s\"`" + `, which keeps nothing by itself). The second says nothing about caching. There the optimal tests of heuristic freshness fail, and those of a fresh 500, 502, 503, 504 and 599, which an owner does not want from the cache unless asked. The number in brackets leaves out tests that passed and that depend on one that did not.

| kind | site | builtin | native |
|---|---|---|---|
`)
	for _, kind := range []string{"required", "optimal"} {
		for _, site := range [][2]string{{"guesses", ""}, {"says nothing", bare}} {
			fmt.Fprintf(&b, "| %s | %s |", kind, site[0])
			for _, engine := range []string{"builtin", "native"} {
				f := count(results[engine+site[1]], kind)
				fmt.Fprintf(&b, " %d of %d (%d) |", f.passed, f.all, f.plain)
			}
			b.WriteString("\n")
		}
	}
	b.WriteString("\nThe third kind, checks, asks what a cache does and not whether that is right.\n\n## What is open with the first site, and why\n\n| test | kind | builtin | native | reason |\n|---|---|---|---|---|\n")
	native := map[string]result{}
	for _, r := range results["native"] {
		native[r.ID] = r
	}
	for _, r := range results["builtin"] {
		other := native[r.ID]
		if r.Kind == "check" || r.Passed && other.Passed {
			continue
		}
		why := reason(r.ID)
		if why == "" {
			t.Errorf("%s is open without a reason: builtin %q, native %q", r.ID, r.Says, other.Says)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", r.ID, r.Kind, passed(r), passed(other), why)
	}
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if have, err := os.ReadFile(path); err != nil || string(have) != b.String() {
		t.Errorf("docs/cache-tests.md does not tell what came of the tests (%v); it should be:\n%s", err, b.String())
	}
}

func passed(r result) string {
	if r.Passed {
		return "passes"
	}
	return "fails"
}
