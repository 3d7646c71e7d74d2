package fastcgi

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"edgegen/internal/dataplane/static"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// tree makes a directory of these files, and of links "name -> target".
func tree(t *testing.T, names ...string) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "root")
	for _, name := range names {
		name, target, link := strings.Cut(name, " -> ")
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if link {
			err = os.Symlink(target, path)
		} else {
			err = os.WriteFile(path, []byte("<?php"), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestB6Scripts(t *testing.T) {
	root := tree(t, "index.php", "x.php", "admin/index.php", "files/upload.jpg", "files/y.php", "dir.php/z.php", ".git/hook.php", "UP.PHP",
		"out.php -> ../secret.php", "in.php -> admin/index.php", "current -> admin", "etc -> /etc", "dot.php -> .git/hook.php", ".well-known/w.php", "../secret.php", "fifo.php -> /dev/null")
	app := &App{Root: root, Index: "index.php"}
	for target, want := range map[string]string{
		"/":                        "/index.php",
		"/index.php":               "/index.php",
		"/pretty/path?a=/x.php":    "/index.php",
		"/files/upload.jpg":        "/index.php",
		"/x.php":                   "/x.php",
		"/x.php/":                  "/x.php /",
		"/x.php/a/b.php?q":         "/x.php /a/b.php",
		"//x.php//a":               "/x.php /a",
		"/%78.php/a%20b":           "/x.php /a b",
		"/files/y.php":             "/files/y.php",
		"/dir.php/z.php/i":         "/dir.php/z.php /i",
		"/dir.php":                 "/index.php",
		"/admin":                   "slash",
		"/admin/":                  "/admin/index.php",
		"/admin/none":              "/index.php",
		"/in.php":                  "/in.php",
		"/current/":                "/current/index.php",
		"/.well-known/w.php":       "/.well-known/w.php",
		"/.well-known/acme":        "/index.php",
		"/none.php":                "none",
		"/none.php/x.php":          "none",
		"/files/upload.jpg/x.php":  "none",
		"/files/upload.jpg/.php":   "none",
		"/UP.PHP":                  "none",
		"/x.PHP":                   "none",
		"/x.php%00.jpg":            "none",
		"/files%2f..%2fx.php/../y": "none",
		"/.git/hook.php":           "none",
		"/dot.php":                 "none",
		"/out.php":                 "none",
		"/etc/passwd.php":          "none",
		"/fifo.php":                "none",
		"/../secret.php":           "none",
		"/" + strings.Repeat("long", 100) + ".php": "none",
	} {
		script, err := app.Find(target)
		got := strings.TrimSpace(script.Name + " " + script.Info)
		switch {
		case errors.Is(err, static.ErrSlash):
			got = "slash"
		case errors.Is(err, ErrNoScript):
			got = "none"
		}
		if got != want {
			t.Errorf("%s leads to %q, %v, and not to %q", target, got, err, want)
		}
	}
	if _, err := (&App{Root: root, Index: "app.php"}).Find("/"); !errors.Is(err, ErrNoScript) {
		t.Errorf("without an index: %v", err)
	}
}

// pairs reads what an app is told.
func pairs(t *testing.T, request []byte) (map[string]string, string) {
	t.Helper()
	told, stream, body := map[string]string{}, []byte{}, ""
	for len(request) > 0 {
		n := int(binary.BigEndian.Uint16(request[4:]))
		switch content := request[headerSize : headerSize+n]; request[1] {
		case params:
			stream = append(stream, content...)
		case stdin:
			body += string(content)
		}
		request = request[headerSize+n:]
	}
	length := func() int {
		n := int(stream[0])
		if n < 128 {
			stream = stream[1:]
			return n
		}
		n = int(binary.BigEndian.Uint32(stream) &^ (1 << 31))
		stream = stream[4:]
		return n
	}
	for len(stream) > 0 {
		name, value := length(), length()
		if _, twice := told[string(stream[:name])]; twice {
			t.Errorf("%s is told twice", stream[:name])
		}
		told[string(stream[:name])] = string(stream[name : name+value])
		stream = stream[name+value:]
	}
	return told, body
}

func TestB6Params(t *testing.T) {
	app := &App{Root: "/srv/php", Index: "index.php", SecurePort: "8443", PlainPort: "80",
		Params: []site.Variable{{Name: "APP_ENV", Value: "production"}, {Name: "HTTPS", Value: "off"}, {Name: "SERVER_SOFTWARE", Value: "nginx"}}}
	long := strings.Repeat("c", 70000)
	body := strings.Repeat("b", 70000)
	request := &wire.Request{Method: "POST", Target: "/a%20b?q=1?2", Host: "Site.Test:8443", Length: int64(len(body)), Header: wire.Header{
		{Name: "Content-Type", Value: "text/plain"}, {Name: "X-Real-IP", Value: "192.0.2.7"}, {Name: "X-Forwarded-For", Value: "192.0.2.7"}, {Name: "X_Forwarded_For", Value: "6.6.6.6"},
		{Name: "X-Forwarded-Proto", Value: "https"}, {Name: "Proxy", Value: "http://evil"}, {Name: "Cookie", Value: "a=1"}, {Name: "Accept", Value: "x"},
		{Name: "cookie", Value: "b=2"}, {Name: "accept", Value: "y"}, {Name: "X-Request-Id", Value: "id"}, {Name: "X-Long", Value: long}, {Name: "Content-Length", Value: "1"}}}
	b := app.AppendRequest(nil, request, Script{"/x.php", "/i n"})
	told, got := pairs(t, append(AppendBody(b, []byte(body)), EndBody...))
	if got != body {
		t.Errorf("a body of %d bytes", len(got))
	}
	want := map[string]string{"APP_ENV": "production", "SERVER_SOFTWARE": "nginx", "HTTPS": "on", "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1",
		"SERVER_NAME": "site.test", "SERVER_PORT": "8443", "REMOTE_ADDR": "192.0.2.7", "REQUEST_METHOD": "POST", "REQUEST_URI": "/a%20b?q=1?2", "REQUEST_SCHEME": "https",
		"QUERY_STRING": "q=1?2", "DOCUMENT_ROOT": "/srv/php", "DOCUMENT_URI": "/x.php/i n", "SCRIPT_NAME": "/x.php", "SCRIPT_FILENAME": "/srv/php/x.php", "PATH_INFO": "/i n",
		"REDIRECT_STATUS": "200", "CONTENT_LENGTH": "70000", "CONTENT_TYPE": "text/plain", "HTTP_HOST": "Site.Test:8443", "HTTP_X_REAL_IP": "192.0.2.7",
		"HTTP_X_FORWARDED_FOR": "192.0.2.7", "HTTP_X_FORWARDED_PROTO": "https", "HTTP_COOKIE": "a=1; b=2", "HTTP_ACCEPT": "x, y", "HTTP_X_REQUEST_ID": "id", "HTTP_X_LONG": long}
	for name, value := range want {
		if told[name] != value {
			t.Errorf("%s is %.60q", name, told[name])
		}
		delete(told, name)
	}
	if len(told) > 0 {
		t.Errorf("besides: %v", told)
	}
	request.Header, request.Host, request.Method, request.Length = nil, "[::1]", "GET", 0
	if told, _ = pairs(t, app.AppendRequest(nil, request, Script{Name: "/x.php"})); told["SERVER_PORT"] != "80" || told["REQUEST_SCHEME"] != "http" || told["SERVER_NAME"] != "[::1]" {
		t.Errorf("without TLS: %v", told)
	}
	if _, told := told["HTTPS"]; told {
		t.Error("HTTPS is set for plain HTTP")
	}
}
