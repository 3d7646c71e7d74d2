package lifecycle

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"edgegen/test/edge"
)

// TestArticle runs examples/article as it is, but for its ports: a stand-in for
// bundle starts the test's app in the place of the article's.
func TestArticle(t *testing.T) {
	h := newHome(t, edge.Native)
	if err := os.CopyFS(h.Dir, os.DirFS("../../examples/article")); err != nil {
		t.Fatal(err)
	}
	socket := h.Path("sock/app")
	for old, new := range map[string]string{`":80"`: `"127.0.0.1:0"`, `":443"`: `"127.0.0.1:0"`, `"127.0.0.1:5000"`: fmt.Sprintf("%q", "unix:"+socket)} {
		h.Replace(old, new)
	}
	h.certificate("config/certs/server", edge.Valid)
	h.Write("bin/bundle", fmt.Sprintf("#!/bin/sh\nexec %s -listen unix:%s\n", app(), socket))
	for name, mode := range map[string]os.FileMode{"bin/bundle": 0o755, "sock": 0o777} { // the app runs as the site's user
		if err := os.Chmod(h.Path(name), mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", h.Path("bin")+":"+os.Getenv("PATH"))

	e := h.up()
	e.Says("\n    https://vzine.us:")
	client := e.client()
	for path, want := range map[string]string{"/robots.txt": string(mustFile(t, h.Path("public/robots.txt"))), "/rooms": ""} {
		response, err := client.Get("https://vzine.us" + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close() // it has been read
		if err != nil || response.StatusCode != http.StatusOK || want != "" && string(body) != want || len(body) == 0 {
			t.Errorf("%s: %d %q, %v", path, response.StatusCode, body, err)
		}
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := client.Get("https://www.vzine.us/a?b")
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close() // only the head is of interest
	if to := response.Header.Get("Location"); response.StatusCode != http.StatusMovedPermanently ||
		!strings.HasPrefix(to, "https://vzine.us:") || !strings.HasSuffix(to, "/a?b") {
		t.Errorf("the alias: %d to %q", response.StatusCode, to)
	}
	e.Stop()
}

func mustFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
