package conformance

import (
	"strings"
	"time"
)

// pageCases are E7. That no answer names a product in its headers is looked at
// in every case.
func pageCases() []contractCase {
	page := func(name, request, body string) contractCase {
		return contractCase{clause: "E7", name: name, request: request, want: want{body: body, headers: plainPage()}}
	}
	return []contractCase{
		page("404", get("files.test", "/nothing"), "404 Not Found\n"),
		page("404 without a route", get("partial.test", "/"), "404 Not Found\n"),
		page("405", ask("BREW", "main.test", "/", ""), "405 Method Not Allowed\n"),
		page("405 of a file", ask("DELETE", "files.test", "/letters.txt", ""), "405 Method Not Allowed\n"),
		page("412", get("files.test", "/letters.txt", `If-Match: "x"`), "412 Precondition Failed\n"),
		page("413", ask("POST", "main.test", "/", "", "Content-Length: 99999999"), "413 Content Too Large\n"),
		page("416", get("files.test", "/letters.txt", "Range: bytes=99-"), "416 Range Not Satisfiable\n"),
		page("421", get("unknown.test", "/"), "421 Misdirected Request\n"),
		page("426", strings.Replace(handshake("main.test", "/ws"), "Version: 13", "Version: 7", 1), "426 Upgrade Required\n"),
		page("400 of a handshake", strings.Replace(handshake("main.test", "/ws"), "dGhl", "", 1), "400 Bad Request\n"),
		page("400 of a path", get("main.test", "/%zz"), "400 Bad Request\n"),
		page("502", get("main.test", "/dead"), "502 Bad Gateway\n"),
		page("404 of a name that tells a media type", get("files.test", "/nothing.html"), "404 Not Found\n"),
		page("404 of such a name without a route", get("partial.test", "/a.json"), "404 Not Found\n"),
		page("405 of such a file", ask("POST", "files.test", "/data.json", "", "Content-Length: 0"), "405 Method Not Allowed\n"),
		page("502 of such a name", get("main.test", "/dead/a.json"), "502 Bad Gateway\n"),
		page("502 of such a name that is not asked for again", ask("POST", "main.test", "/dead/a.html", "", "Content-Length: 0"), "502 Bad Gateway\n"),
		page("301 of a route with such a name", get("main.test", "/old/a.html"), "301 Moved Permanently\n"),
		page("421 of such a name", get("unknown.test", "/a.svg"), "421 Misdirected Request\n"),
		page("301 of an alias", get("www.main.test", "/"), "301 Moved Permanently\n"),
		page("301 of a route", get("main.test", "/old"), "301 Moved Permanently\n"),
		page("302 of a route", get("main.test", "/temporary"), "302 Found\n"),
		{clause: "E7", name: "301 on http", plain: true, request: get("main.test", "/"), want: want{status: 301, body: "301 Moved Permanently\n", headers: plainPage()}},
		{clause: "E7", name: "404 on http", plain: true, request: get("unknown.test", "/"), want: want{status: 421, headers: plainPage()}},
		{clause: "E7", name: "400 on http", run: plainNonsense},
		{clause: "E7", name: "an app's Server, Via and X-Powered-By without a rule", request: get("main.test", "/"), answer: say(pageOf("200 OK", "x", "Via: 1.1 app")), want: want{status: 200}},
		{clause: "E7", name: "a redirect's target", request: get("main.test", "/temporary"),
			want: want{status: 302, headers: map[string]string{"Location": "https://example.com:8443/a?b=c&d=%22'();,*~!@#part"}}},
		{clause: "E7", name: "a redirect's status and rules", request: get("main.test", "/keep/below"),
			want: want{status: 308, headers: map[string]string{"Location": "/kept", "Cache-Control": "", "X-Kept": "yes"}, body: "308 Permanent Redirect\n"}},
		{clause: "E7", name: "303 after POST", request: ask("POST", "main.test", "/see", "x=1", "Content-Length: 3"), want: want{status: 303, headers: map[string]string{"Location": "/seen"}}},
		{clause: "M4", name: "a redirect drops the query", request: get("main.test", "/old?a=b"), want: want{status: 301, headers: map[string]string{"Location": "/new"}}},
		{clause: "M4", name: "a redirect that keeps the query", request: get("main.test", "/kept/x?a=%26&b=c+d"),
			want: want{status: 302, headers: map[string]string{"Location": "/target?a=%26&b=c+d&case={case}#part"}, reaches: never}},
		{clause: "M4", name: "a redirect that keeps the query behind another", request: get("main.test", "/kept/more?//evil.test"),
			want: want{status: 302, headers: map[string]string{"Location": "https://example.com/a?b=c&//evil.test&case={case}#part"}, reaches: never}},
		{clause: "M4", name: "a redirect that keeps the query by POST", request: ask("POST", "main.test", "/kept?$uri$host\"'", "x=1", "Content-Length: 3"),
			want: want{status: 302, headers: map[string]string{"Location": "/target?$uri$host\"'&case={case}#part"}, reaches: never}},
		{clause: "M4", name: "a redirect that keeps a query which is none", request: "GET /kept HTTP/1.1\r\nHost: main.test\r\n\r\n",
			want: want{status: 302, headers: map[string]string{"Location": "/target#part"}}},
		{clause: "M4", name: "a redirect that keeps an empty query", request: "GET /kept/more? HTTP/1.1\r\nHost: main.test\r\n\r\n",
			want: want{status: 302, headers: map[string]string{"Location": "https://example.com/a?b=c#part"}}},
		{clause: "E7", name: "a redirect for HEAD", request: ask("HEAD", "main.test", "/old", ""), want: want{status: 301, body: "~^$", headers: map[string]string{"Location": "/new"}}},
		{clause: "E7", name: "a redirect to a path names no inner host", request: get("main.test", "/old/x"), want: want{status: 301, headers: map[string]string{"Location": "/new"}}},
	}
}

// plainNonsense: not even what is no HTTP is told who answers.
func plainNonsense(a *attempt) {
	for _, text := range []string{"nonsense\r\n\r\n", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\x16\x03\x01\x00\x05hello\r\n\r\n"} {
		c := a.openPlain("127.0.0.1")
		c.send(text)
		more, _ := c.closed(2 * time.Second)
		lower := strings.ToLower(more)
		for _, name := range []string{"nginx", "varnish", "stunnel", "server:", "via:", "<html"} {
			if strings.Contains(lower, name) {
				a.errorf("%q is answered with %.200q", text, more)
			}
		}
	}
}
