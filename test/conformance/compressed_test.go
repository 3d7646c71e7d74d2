package conformance

// compressedCases are about a compressed file beside another: clients that take
// gzip get it where it can be served and is what its name says.
func compressedCases() []contractCase {
	beside := func(name, target, body, coding string) contractCase {
		return contractCase{clause: "S2", name: name, run: func(a *attempt) {
			for range 2 { // the second time it is known
				a.check(a.ask(get("files.test", target, "Accept-Encoding: gzip")), want{status: 200, body: body, headers: map[string]string{"Content-Encoding": coding}})
			}
			a.check(a.ask(get("files.test", target)), want{status: 200, headers: map[string]string{"Content-Encoding": ""}})
			if coding == "" {
				a.check(a.ask(get("files.test", target)), want{body: body})
			}
		}}
	}
	large := beside("a large compressed file that is no gzip", "/large.txt", "plain\n", "")
	large.differs, large.observed = "nginx-large-compressed", `Content-Encoding is "gzip", want ""`
	return []contractCase{
		beside("a compressed file", "/data.json", packed("{}\n"), "gzip"),
		beside("a compressed file that is no gzip", "/script.js", "0\n", ""),
		beside("a compressed file that may not be read", "/style.css", "p{}\n", ""),
		beside("a compressed file that leads out of root", "/plain.html", "plain\n", ""),
		beside("no compressed file of a directory's name", "/letters.txt", letters, ""),
		large,
	}
}
