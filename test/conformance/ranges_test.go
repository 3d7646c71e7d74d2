package conformance

import (
	"io"
	"mime"
	"mime/multipart"
	"strings"
)

// rangeCases are S2: conditions, ranges and media types of files.
func rangeCases() []contractCase {
	const modified = "Thu, 29 Feb 2024 12:00:00 GMT"
	headers := func(pairs ...string) map[string]string {
		all := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			all[pairs[i]] = pairs[i+1]
		}
		return all
	}
	part := func(name, spec, body, contentRange string) contractCase {
		return contractCase{clause: "S2", name: name, request: get("files.test", "/letters.txt", "Range: "+spec),
			want: want{status: 206, body: body, headers: headers("Content-Range", contentRange, "Content-Type", "text/plain; charset=utf-8")}}
	}
	whole := func(name string, lines ...string) contractCase {
		return contractCase{clause: "S2", name: name, request: get("files.test", "/letters.txt", lines...),
			want: want{status: 200, body: letters, headers: headers("Content-Range", "", "Content-Length", "26")}}
	}
	unmodified := func(name string, lines ...string) contractCase {
		return contractCase{clause: "S2", name: name, request: get("files.test", "/letters.txt", lines...),
			want: want{status: 304, body: "~^$", headers: headers("Content-Range", "", "ETag", "~.")}}
	}
	unsatisfied := func(name, spec string) contractCase {
		return contractCase{clause: "S2", name: name, request: get("files.test", "/letters.txt", "Range: "+spec),
			want: want{status: 416, headers: headers("Content-Range", "bytes */26")}}
	}
	return []contractCase{
		{clause: "S2", name: "GET", request: get("files.test", "/letters.txt"), want: want{status: 200, body: letters,
			headers: headers("Last-Modified", modified, "ETag", `~^(W/)?"[^"]+"$`, "Content-Length", "26", "Accept-Ranges", "bytes", "Date", "~GMT$")}},
		{clause: "S2", name: "HEAD", request: ask("HEAD", "files.test", "/letters.txt", ""), want: want{status: 200, body: "~^$",
			headers: headers("Last-Modified", modified, "ETag", `~^(W/)?"[^"]+"$`, "Content-Length", "26", "Content-Type", "text/plain; charset=utf-8")}},
		{clause: "S2", name: "HEAD of a range", request: ask("HEAD", "files.test", "/letters.txt", "", "Range: bytes=1-2"),
			want: want{status: 200, body: "~^$", headers: headers("Content-Length", "26", "Content-Range", "")}, differs: "nginx-head-range", observed: "status 206"},
		{clause: "S2", name: "HEAD of nothing", request: ask("HEAD", "files.test", "/nothing", ""), want: want{status: 404, body: "~^$"}},
		{clause: "S2", name: "HEAD of a directory's index", request: ask("HEAD", "files.test", "/sub/", ""), want: want{status: 200, body: "~^$", headers: headers("Content-Length", "4")}},
		{clause: "S2", name: "media types", run: types},
		{clause: "S2", name: "a big file", run: bigFile},
		unmodified("If-Modified-Since the same", "If-Modified-Since: "+modified),
		unmodified("If-Modified-Since later", "If-Modified-Since: Fri, 01 Mar 2024 12:00:00 GMT"),
		whole("If-Modified-Since earlier", "If-Modified-Since: Wed, 28 Feb 2024 12:00:00 GMT"),
		whole("If-Modified-Since nonsense", "If-Modified-Since: yesterday"),
		whole("If-None-Match another", `If-None-Match: "other"`),
		whole("If-None-Match another wins over If-Modified-Since", `If-None-Match: "other"`, "If-Modified-Since: "+modified),
		unmodified("If-None-Match any", "If-None-Match: *"),
		{clause: "S2", name: "If-None-Match its own", run: withTag("If-None-Match: {tag}", 304)},
		{clause: "S2", name: "If-None-Match in a list, weak", run: withTag(`If-None-Match: "a", W/{tag}, "b"`, 304)},
		{clause: "S2", name: "If-Match its own", run: withTag("If-Match: {tag}", 200)},
		{clause: "S2", name: "If-Match another", run: withTag(`If-Match: "other"`, 412)},
		{clause: "S2", name: "If-Unmodified-Since earlier", run: withTag("If-Unmodified-Since: Wed, 28 Feb 2024 12:00:00 GMT", 412)},
		{clause: "S2", name: "If-Unmodified-Since the same", run: withTag("If-Unmodified-Since: "+modified, 200)},
		{clause: "S2", name: "a HEAD may be conditional", request: ask("HEAD", "files.test", "/letters.txt", "", "If-Modified-Since: "+modified), want: want{status: 304}},
		{clause: "S2", name: "another spelling has the same tag", run: func(a *attempt) {
			one, two := a.ask(get("files.test", "/letters.txt")), a.ask(get("files.test", "/stored"))
			a.compare("ETag", two.header.Get("ETag"), one.header.Get("ETag"))
		}},

		part("from the start", "bytes=0-4", "abcde", "bytes 0-4/26"),
		part("in the middle", "bytes=10-12", "klm", "bytes 10-12/26"),
		part("open end", "bytes=20-", "uvwxyz", "bytes 20-25/26"),
		part("the last ones", "bytes=-3", "xyz", "bytes 23-25/26"),
		part("more last ones than there are", "bytes=-100", letters, "bytes 0-25/26"),
		part("beyond the end", "bytes=24-99", "yz", "bytes 24-25/26"),
		part("one byte", "bytes=0-0", "a", "bytes 0-0/26"),
		part("the unit in upper case", "Bytes=0-1", "ab", "bytes 0-1/26"),
		unsatisfied("behind the end", "bytes=26-"),
		unsatisfied("far behind the end", "bytes=100-200"),
		unsatisfied("the last none", "bytes=-0"),
		whole("backwards", "Range: bytes=5-3"),
		whole("another unit", "Range: lines=0-1"),
		whole("no number", "Range: bytes=a-b"),
		whole("If-Range another tag", "Range: bytes=0-4", `If-Range: "other"`),
		whole("If-Range an earlier date", "Range: bytes=0-4", "If-Range: Wed, 28 Feb 2024 12:00:00 GMT"),
		{clause: "S2", name: "If-Range its own tag", run: withTag("Range: bytes=0-4\r\nIf-Range: {tag}", 206)},
		{clause: "S2", name: "If-Range its date", run: withTag("Range: bytes=0-4\r\nIf-Range: "+modified, 206)},
		{clause: "S2", name: "a condition before a range", request: get("files.test", "/letters.txt", "Range: bytes=0-4", "If-Modified-Since: "+modified),
			want: want{status: 304}},
		{clause: "S2", name: "several ranges", run: severalRanges("/letters.txt")},
		{clause: "S2", name: "a range of what is stored", caches: true, run: func(a *attempt) {
			a.check(a.ask(get("files.test", "/stored")), want{status: 200, headers: headers("X-Cache", "MISS")})
			a.check(a.ask(get("files.test", "/stored", "Range: bytes=2-3")), want{status: 206, body: "cd", headers: headers("X-Cache", "HIT", "Content-Range", "bytes 2-3/26")})
		}},
		{clause: "S2", name: "several ranges of what may be stored", run: severalRanges("/stored"),
			differs: "varnish-several-ranges", observed: "status 200, want 206"},
		{clause: "S2", name: "a backend's range passes", request: get("main.test", "/", "Range: bytes=0-1", "Cookie: past=cache"),
			answer: say("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/9\r\nContent-Length: 2\r\n\r\nab"),
			want:   want{status: 206, body: "ab", headers: headers("Content-Range", "bytes 0-1/9")}},
	}
}

// withTag asks for the letters with header lines in which {tag} is the file's.
func withTag(lines string, status int) func(*attempt) {
	return func(a *attempt) {
		tag := a.ask(get("files.test", "/letters.txt")).header.Get("ETag")
		lines := strings.ReplaceAll(lines, "{tag}", strings.TrimPrefix(tag, "W/"))
		a.check(a.ask(get("files.test", "/letters.txt", lines)), want{status: status})
	}
}

// severalRanges are answered with a part for each.
func severalRanges(target string) func(*attempt) {
	return func(a *attempt) {
		got := a.ask(get("files.test", target, "Range: bytes=0-1,24-"))
		a.check(got, want{status: 206})
		kind, parameters, err := mime.ParseMediaType(got.header.Get("Content-Type"))
		if err != nil || kind != "multipart/byteranges" {
			a.fatalf("Content-Type %q", got.header.Get("Content-Type"))
		}
		parts := multipart.NewReader(strings.NewReader(got.body), parameters["boundary"])
		for _, wanted := range []string{"bytes 0-1/26 ab", "bytes 24-25/26 yz"} {
			part, err := parts.NextPart()
			if err != nil {
				a.fatalf("%v", err)
			}
			body, err := io.ReadAll(part)
			if err != nil {
				a.fatalf("%v", err)
			}
			a.compare("part", part.Header.Get("Content-Range")+" "+string(body), wanted)
		}
	}
}
