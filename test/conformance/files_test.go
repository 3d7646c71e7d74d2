package conformance

import (
	"bytes"
	"crypto/rand"
	"mime"
	"os"
	"path/filepath"
	"strings"
)

// fileCases are S1, S3 and S4: which file answers.
func fileCases() []contractCase {
	file := func(name, target, body string) contractCase {
		return contractCase{clause: "S1", name: name, request: get("files.test", target), want: want{status: 200, body: body, reaches: never}}
	}
	nothing := func(clause, name, target string) contractCase {
		return contractCase{clause: clause, name: name, request: get("files.test", target),
			want: want{status: 404, body: "404 Not Found\n", headers: map[string]string{"Content-Type": "text/plain; charset=utf-8"}, reaches: never}}
	}
	cases := []contractCase{
		file("the file itself", "/letters.txt", letters),
		file("index of the root", "/", "front\n"),
		file("index of a directory", "/sub/", "sub\n"),
		file("with a suffix", "/page", "<p>page\n"),
		file("a file without an extension", "/plain", "plain\n"),
		file("an empty file", "/empty.txt", "~^$"),
		file("a space", "/with%20space.txt", "space\n"),
		file("a plus is a plus", "/with+space.txt", "~."),
		file("UTF-8", "/%C3%A4%E2%82%AC.txt", "umlaut\n"),
		file("UTF-8 that is not encoded", "/\u00e4\u20ac.txt", "umlaut\n"),
		file("encoded letters", "/%6cetters%2Etxt", letters),
		file("an encoded percent sign is decoded once", "/percent%2541.txt", "percent\n"),
		file("semicolon and ampersand", "/semi;colon&amp.txt", "semi\n"),
		file("an encoded question mark", "/question%3F.txt", "question\n"),
		file("an encoded backslash", "/back%5Cslash.txt", "backslash\n"),
		file("a dollar and a variable's name", "/dollar$uri.txt", "dollar\n"),
		file("a query is no part of the name", "/letters.txt?x=/../y", letters),
		file("a fixed file when nothing matches", "/fixed/anything", "<p>page\n"),
		file("a prefix; the first that exists wins", "/first/x", "first\n"),
		{clause: "S1", name: "a link within root", request: get("files.test", "/inside.txt"), want: want{status: 200, body: letters},
			differs: "nginx-links", observed: "status 404, want 200"},
		{clause: "S1", name: "a file before the backend", request: get("files.test", "/both/file.txt"), want: want{status: 200, body: "both\n", reaches: never}},
		{clause: "S1", name: "the backend for what is no file", request: get("files.test", "/both/none"), want: want{status: 200, body: "app app\n", reaches: 1}},
		{clause: "S1", name: "the backend for a directory", request: get("files.test", "/both/"), want: want{status: 200, body: "app app\n", reaches: 1}},
		{clause: "S1", name: "the backend for POST where there is a file", request: ask("POST", "files.test", "/both/file.txt", "x=1", "Content-Length: 3"),
			want: want{status: 200, body: "app app\n", reaches: 1}},
		{clause: "S1", name: "the backend's 404 is the backend's", request: get("files.test", "/both/none"), answer: say(pageOf("404 Not Found", "mine\n")),
			want: want{status: 404, body: "mine\n"}},
		{clause: "S1", name: "the backend's 500 is the backend's", request: get("files.test", "/both/none"), answer: say(pageOf("500 Oops", "mine\n")),
			want: want{status: 500, body: "mine\n"}},
		{clause: "S1", name: "POST without a backend", request: ask("POST", "files.test", "/letters.txt", "x=1", "Content-Length: 3"),
			want: want{status: 405, headers: map[string]string{"Allow": "GET, HEAD"}}},
		{clause: "S1", name: "POST to nothing without a backend", request: ask("POST", "files.test", "/nothing", "x=1", "Content-Length: 3"),
			want: want{status: 404}},
		{clause: "S1", name: "response rules", request: get("files.test", "/letters.txt"), want: want{status: 200, headers: map[string]string{"X-Frame-Options": "DENY"}}},
		nothing("S1", "no file: 404", "/nothing"),
		nothing("S1", "below a file", "/letters.txt/x"),
		nothing("S1", "an encoded slash at the end of a file", "/letters.txt%2F"),
		nothing("S4", "a directory without an index", "/list/"),
		nothing("S4", "a directory without its slash", "/list"),
		nothing("S4", "the directory .well-known", "/.well-known/"),
	}
	cases[7] = nothing("S1", "a plus is a plus", "/with+space.txt")
	return append(cases, outsideCases(nothing)...)
}

// outsideCases are S3: what must not be served.
func outsideCases(nothing func(clause, name, target string) contractCase) []contractCase {
	var cases []contractCase
	for name, target := range map[string]string{
		"a dot file": "/.secret", "in a dot directory": "/.git/config", "deep in a dot directory": "/sub/.hidden/file.txt",
		"an encoded dot": "/%2esecret", "an encoded slash before the dot": "/sub%2f.hidden/file.txt", "a dot file by its suffix": "/.git/",
		"a dot file in .well-known": "/.well-known/.secret", "a name like .well-known": "/.well-knownx/token",
		".well-known below the root": "/sub/.well-known/token", "doubled slashes before a dot": "//.secret",
		"up": "/../secret.txt", "up, encoded dots": "/%2e%2e/secret.txt", "up, half encoded": "/.%2e/secret.txt", "up, encoded slash": "/..%2fsecret.txt",
		"up, all encoded": "/%2e%2e%2fsecret.txt", "up, encoded twice": "/%252e%252e/secret.txt", "up, backslash": "/..\\secret.txt",
		"up, encoded backslash": "/..%5csecret.txt", "up from below": "/sub/../../secret.txt", "up to a sibling": "/sub/../.secret",
		"up to a name that begins as root's": "/../publicity/secret.txt", "up, overlong UTF-8": "/%c0%ae%c0%ae/secret.txt",
		"the root's own path": "/public/letters.txt", "up and back": "/../public/letters.txt", "a dot segment": "/./letters.txt", "dots in the middle": "/sub/./index.html",
	} {
		one := nothing("S3", name, target)
		if strings.HasPrefix(name, "up") {
			one = one.differing(unread, "status 400, want 404")
		}
		cases = append(cases, one)
	}
	return append(cases,
		contractCase{clause: "S3", name: ".well-known", request: get("files.test", "/.well-known/token"), want: want{status: 200, body: "token\n"}},
		contractCase{clause: "S3", name: "a link that leads out of root", request: get("files.test", "/outside.txt"), want: want{status: 404}},
		contractCase{clause: "S3", name: "a link to a dot file", request: get("files.test", "/dotted.txt"), want: want{status: 404}},
		contractCase{clause: "S3", name: "a link to a dot directory", request: get("files.test", "/dotdir/config"), want: want{status: 404}},
		contractCase{clause: "S1", name: "a link to .well-known", request: get("files.test", "/tokens/token"), want: want{status: 200, body: "token\n"},
			differs: "nginx-links", observed: "status 404, want 200"},
		contractCase{clause: "S3", name: "a NUL byte", request: get("files.test", "/letters.txt%00.png"), want: want{status: 400}},
		contractCase{clause: "S3", name: "half an escape", request: get("files.test", "/letters%2"), want: want{status: 400}},
		contractCase{clause: "S3", name: "dot files are not asked of a backend either", request: get("files.test", "/both/.env"), want: want{status: 404, reaches: never}},
		contractCase{clause: "S3", name: "an absolute URL as target", request: "GET http://files.test/letters.txt?case={case} HTTP/1.1\r\nHost: files.test\r\n\r\n",
			want: want{status: 200, body: letters}},
	)
}

// types are S2's media types.
func types(a *attempt) {
	for name, want := range map[string]string{
		"page.html": "text/html; charset=utf-8", "letters.txt": "text/plain; charset=utf-8", "style.css": "text/css; charset=utf-8",
		"script.js": "text/javascript; charset=utf-8", "data.json": "application/json", "picture.svg": "image/svg+xml",
		"letter.woff2": "font/woff2", "app.wasm": "application/wasm", "plain": "application/octet-stream", "": "text/html; charset=utf-8", "page": "text/html; charset=utf-8",
	} {
		got := a.ask(get("files.test", "/"+name)).header.Get("Content-Type")
		kind, parameters, err := mime.ParseMediaType(got)
		if err != nil || mime.FormatMediaType(kind, parameters) != want {
			a.errorf("%q is %q, want %q", name, got, want)
		}
	}
}

// bigFile arrives whole, and by parts.
func bigFile(a *attempt) {
	data := make([]byte, 3<<20)
	_, _ = rand.Read(data) // it never fails
	name := "big-" + a.mark + ".bin"
	path := filepath.Join(a.edge.Dir, "public", name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		a.fatalf("%v", err)
	}
	a.cleanup(func() { _ = os.Remove(path) }) // a test's own litter
	if got := a.ask(get("files.test", "/"+name)); got.status != 200 || !bytes.Equal([]byte(got.body), data) {
		a.errorf("status %d, %d bytes, broken %v", got.status, len(got.body), got.broken)
	}
	if got := a.ask(get("files.test", "/"+name, "Range: bytes=1048576-2097151")); got.status != 206 || got.body != string(data[1<<20:2<<20]) {
		a.errorf("a mebibyte of it: status %d, %d bytes", got.status, len(got.body))
	}
}
