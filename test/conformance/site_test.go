package conformance

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"edgegen/internal/site"
	"edgegen/test/edge"
	"edgegen/test/port"
)

// configurations are the sites that the corpus needs, each an edge of its own.
func configurations() []string { return []string{"main", "quick", "open"} }

// writeSite writes the HCL of a configuration and the files it names, and starts
// its apps, which keep a record.
func writeSite(t *testing.T, h *edge.Home, r *record, configuration string) {
	t.Helper()
	writeFiles(t, h.Dir)
	writePrivate(t, h)
	writeClosed(t, h.Dir)
	writeClients(t, h)
	values := []string{"{dir}", h.Dir, "{https6}", ""}
	if hasIPv6() {
		values = append(values[:3], `, "[::1]:0"`)
	}
	for _, name := range []string{"app", "late", "rules", "other", "one", "two", "alive"} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		r.serve(t, name, listener)
		values = append(values, "{"+name+"}", listener.Addr().String())
	}
	socket := h.Path("app.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(socket, 0o777); err != nil {
		t.Fatal(err)
	}
	r.serve(t, "unix", listener)
	values = append(values, "{unix}", socket, "{room}", startRoom(t), "{upload}", startUpload(t, r), "{auth}", startAuth(t), "{certauth}", startCertAuth(t), "{collector}", startCollector(t, &r.traces), "{dead}", port.Free(t), "{dead2}", port.Free(t))
	moving := port.Free(t)
	r.moving = []string{port.Other(t, moving), moving}
	values = append(values, "{moving}", localhost(moving))
	six, address := listenLocal(t)
	values = append(values, "{six}", address)
	r.serve(t, "six", six)
	text, err := os.ReadFile(filepath.Join("testdata", configuration+".hcl"))
	if err != nil {
		t.Fatal(err)
	}
	h.Write("site.hcl", withRaw(h.Combination, leavingOut(h.Combination, strings.NewReplacer(values...).Replace(strings.Replace(string(text), "{guarded}", guardedSites(h.Combination)+certifiedSites(h.Combination), 1)))))
}

// leavingOut makes the site of a combination that leaves tiers out of one that does
// not. Whoever ends TLS in front of it is trusted.
func leavingOut(c edge.Combination, text string) string {
	block := c.Block()
	if speaksHTTP3(c) {
		block += `protocols = ["h1", "h2", "h3"]`
	}
	if block == "" {
		return text
	}
	if c.TLS == site.Off {
		text = regexp.MustCompile(`(?m)^  https +=.*\n`).ReplaceAllString(text, "")
		if trusted := "trusted_proxies = ["; strings.Contains(text, trusted) {
			text = strings.Replace(text, trusted, trusted+`"`+terminator+`", `, 1)
		} else {
			block += "\n  trusted_proxies = [\"" + terminator + "\"]"
		}
	}
	return strings.Replace(text, "edge {\n", "edge {\n  "+block+"\n", 1)
}

// fixedTime is when every served file was written.
func fixedTime() time.Time { return time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC) }

// letters is the body of letters.txt: every byte tells where it stands.
const letters = "abcdefghijklmnopqrstuvwxyz"

// packed is a text as gzip.
func packed(text string) string {
	var out bytes.Buffer
	writer := gzip.NewWriter(&out)
	_, _ = writer.Write([]byte(text)) // a bytes.Buffer takes everything
	_ = writer.Close()
	return out.String()
}

func writeFiles(t *testing.T, dir string) {
	t.Helper()
	files := map[string]string{
		"changing":                                  "",
		"users":                                     "# staff\nalice:$6$rounds=1000$abcdefgh$nhYjN017qxiYztzyUpZtPnUQcnLy62KsunSLHNeLahp2EHPlAKmFFlrjEwSXGo2kgY5hR2.peKEg2VGUqIJJu1\n",
		"public/index.html":                         "front\n",
		"public/letters.txt":                        letters,
		"public/empty.txt":                          "",
		"public/page.html":                          "<p>page\n",
		"public/with space.txt":                     "space\n",
		"public/\u00e4\u20ac.txt":                   "umlaut\n",
		"public/percent%41.txt":                     "percent\n",
		"public/semi;colon&amp.txt":                 "semi\n",
		"public/question?.txt":                      "question\n",
		"public/back\\slash.txt":                    "backslash\n",
		"public/dollar$uri.txt":                     "dollar\n",
		"public/.secret":                            "secret\n",
		"public/.git/config":                        "secret\n",
		"public/sub/.hidden/file.txt":               "secret\n",
		"public/.well-known/token":                  "token\n",
		"public/.well-known/.secret":                "secret\n",
		"public/.well-knownx/token":                 "secret\n",
		"public/sub/.well-known/token":              "secret\n",
		"public/sub/index.html":                     "sub\n",
		"public/list/file.txt":                      "listed\n",
		"public/style.css":                          "p{}\n",
		"public/script.js":                          "0\n",
		"public/data.json":                          "{}\n",
		"public/picture.svg":                        "<svg/>\n",
		"public/letter.woff2":                       "font\n",
		"public/app.wasm":                           "wasm\n",
		"public/plain":                              "plain\n",
		"public/first.txt":                          "first\n",
		"public/both/file.txt":                      "both\n",
		"public/code/.keep":                         "",
		"public/script.js.gz":                       "no gzip\n",
		"public/data.json.gz":                       packed("{}\n"),
		"pages/404.html":                            "<h1>nothing here\n",
		"pages/5xx.html":                            "<h1>later\n",
		"pages/401.html":                            "<h1>who\n",
		"pages/403.html":                            "<h1>not you\n",
		"pages/405.html":                            "<h1>not so\n",
		"pages/413.html":                            "<h1>too much\n",
		"pages/429.html":                            "<h1>too often\n",
		"pages/502.txt":                             strings.Repeat("no answer\n", 200),
		"public/files/words.txt":                    words,
		"public/files/data.json":                    strings.Repeat("{}\n", 1000),
		"public/files/data.json.gz":                 packed("{}\n"),
		"public/files/letters.txt":                  letters,
		"public/large.txt":                          "plain\n",
		"public/plain.html":                         "plain\n",
		"public/letters.txt.gz/x":                   "",
		"public/large.txt.gz":                       strings.Repeat("no gzip\n", 150<<10),
		"public/list/.html":                         "secret\n",
		"public/a directory/index.html":             "spaced\n",
		"public/evil.test/index.html":               "evil\n",
		"public/\\evil.test/index.html":             "evil\n",
		"public/ordered/dir/index.html":             "index of dir\n",
		"public/ordered/page.html":                  "page by suffix\n",
		"public/ordered/page/index.html":            "index of page\n",
		"public/reversed/page.html":                 "page by suffix\n",
		"public/reversed/page/index.html":           "index of page\n",
		"public/reversed/bare.html":                 "bare by suffix\n",
		"public/reversed/bare/other":                "",
		"public/under/success/files/dir/index.html": "below\n",
		"public/under/success/files/file.txt":       letters,
		"public/under/default/files/file.txt":       letters,
		"public/under/below/dir/index.html":         "below\n",
		"secret.txt":                                "secret\n",
		"secret.gz":                                 packed("secret\n"),
		"publicity/secret.txt":                      "secret\n",
		"maintenance/page.html":                     "<h1>down\n",
		"maintenance/replaced/page.html":            "",
	}
	for name, body := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, fixedTime(), fixedTime()); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "maintenance/page.html")); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{
		"public/inside.txt":    "letters.txt",
		"public/outside.txt":   "../secret.txt",
		"public/dotted.txt":    ".secret",
		"public/plain.html.gz": "../secret.gz",
		"public/dotdir":        ".git",
		"public/tokens":        ".well-known",
		"public/etc":           "/etc",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
}

// startRoom is a WebSocket app of the usual kind: it echoes messages.
func startRoom(t *testing.T) string {
	t.Helper()
	return serveHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		conn.SetReadLimit(1 << 22)
		defer conn.CloseNow()
		for {
			kind, data, err := conn.Read(r.Context())
			if err != nil {
				return
			}
			if err := conn.Write(r.Context(), kind, data); err != nil {
				return
			}
		}
	})
}

// listenLocal listens on ::1, where the machine has it, and returns the address
// that names it by localhost.
func listenLocal(t *testing.T) (net.Listener, string) {
	t.Helper()
	address := port.Free(t) // at both addresses, as the edge may ask either
	listener, err := net.Listen("tcp", port.Other(t, address))
	if err != nil {
		t.Fatal(err)
	}
	return listener, localhost(address)
}

// localhost is the address with the name in place of the number.
func localhost(address string) string {
	return "localhost" + strings.TrimPrefix(address, "127.0.0.1")
}

// startUpload is an app that notes each piece of a body as it comes, and answers
// with the length of all, or at /stream/back with each piece at once.
func startUpload(t *testing.T, r *record) string {
	t.Helper()
	return serveHTTP(t, func(w http.ResponseWriter, q *http.Request) {
		mark := markOf(q.URL.RawQuery)
		r.add(&exchange{request: request{backend: "upload", mark: mark, method: q.Method, target: q.RequestURI}})
		buffer, length := make([]byte, 64<<10), 0
		back, both := strings.HasPrefix(q.URL.Path, "/stream/back"), http.NewResponseController(w)
		if back {
			_ = both.EnableFullDuplex() // which HTTP/1.1 allows
		}
		for {
			n, err := q.Body.Read(buffer)
			length += n
			r.piece(mark, string(buffer[:n]))
			if back {
				_, _ = w.Write(buffer[:n]) // the client sees whether it has come
				_ = both.Flush()
			}
			if back && errors.Is(err, io.EOF) {
				return
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				r.piece(mark, "broken")
				return
			}
		}
		fmt.Fprint(w, length)
	})
}

// serveHTTP runs an app until the test ends.
func serveHTTP(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener) // it returns ErrServerClosed
	}()
	t.Cleanup(func() {
		_ = server.Close() // the connections that are open are the edge's to end
		<-ended
	})
	return listener.Addr().String()
}
