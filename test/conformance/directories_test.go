package conformance

// directoryCases are S4's redirect: a directory's index is served under the
// directory's name with its slash alone, since its relative links count from
// there.
func directoryCases() []contractCase {
	redirect := func(name, host, target, location string) []contractCase {
		headers := map[string]string{"Location": location + "?case={case}"}
		return []contractCase{
			{clause: "S4", name: name, request: get(host, target), want: want{status: 301, body: "301 Moved Permanently\n", headers: headers, reaches: never}},
			{clause: "S4", name: name + ", HEAD", request: ask("HEAD", host, target, ""), want: want{status: 301, headers: headers, reaches: never}},
			{clause: "S4", name: name + ", POST", request: ask("POST", host, target, "x=1", "Content-Length: 3"),
				want: want{status: 308, body: "308 Permanent Redirect\n", headers: headers, reaches: never}},
		}
	}
	file := func(name, target, body string) contractCase {
		return contractCase{clause: "S4", name: name, request: get("slashes.test", target), want: want{status: 200, body: body, reaches: never}}
	}
	var cases []contractCase
	for _, one := range [][4]string{
		{"a directory without its slash", "files.test", "/sub", "/sub/"},
		{"a directory without its slash, before an app", "slashes.test", "/ordered/dir", "/ordered/dir/"},
		{"an encoded name", "files.test", "/%73ub", "/%73ub/"},
		{"a space in the name", "files.test", "/a%20directory", "/a%20directory/"},
		{"a doubled slash", "files.test", "//sub", "/sub/"},
		{"a name like a host's", "files.test", "//evil.test", "/evil.test/"},
		{"many slashes before a name like a host's", "files.test", "////evil.test", "/evil.test/"},
		{"an encoded slash before a name like a host's", "files.test", "/%2Fevil.test", "/%2Fevil.test/"},
		{"a backslash before a name like a host's", "files.test", `/\evil.test`, "/%5Cevil.test/"},
		{"an encoded backslash before a name like a host's", "files.test", "/%5Cevil.test", "/%5Cevil.test/"},
		{"an absolute target", "files.test", "https://files.test/sub", "/sub/"},
		{"below a prefix", "slashes.test", "/below/dir", "/below/dir/"},
	} {
		cases = append(cases, redirect(one[0], one[1], one[2], one[3])...)
	}
	return append(cases,
		contractCase{clause: "S4", name: "the query is kept", request: get("files.test", "/sub?to=//evil.test/&x=%2F?"),
			want: want{status: 301, headers: map[string]string{"Location": "/sub/?to=//evil.test/&x=%2F?&case={case}"}}},
		contractCase{clause: "S4", name: "an entry before the index wins", request: get("slashes.test", "/ordered/page"), want: want{status: 200, body: "page by suffix\n"}},
		contractCase{clause: "S4", name: "the index before an entry wins", request: get("slashes.test", "/reversed/page"), want: want{status: 301}},
		contractCase{clause: "S4", name: "a directory with no index is for the next entry", request: get("slashes.test", "/reversed/bare"), want: want{status: 200, body: "bare by suffix\n"}},
		contractCase{clause: "S4", name: "what no entry answers is for the app", request: get("slashes.test", "/ordered/none"), want: want{status: 200, body: "app app\n", reaches: 1}},
		contractCase{clause: "S4", name: "a POST to what no entry answers", request: ask("POST", "slashes.test", "/ordered/none", "x=1", "Content-Length: 3"), want: want{status: 200, body: "app app\n", reaches: 1}},
		contractCase{clause: "S4", name: "a POST to a file of a later entry", request: ask("POST", "slashes.test", "/ordered/page", "x=1", "Content-Length: 3"), want: want{status: 200, body: "app app\n", reaches: 1}},
		contractCase{clause: "S3", name: "a suffix makes no dot file", request: get("files.test", "/list/"), want: want{status: 404}},
		file("with its slash", "/ordered/dir/", "index of dir\n"),
		file("with slashes", "/ordered//dir//", "index of dir\n"),
	)
}
