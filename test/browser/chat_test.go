package browser

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"edgegen/test/edge"
	"edgegen/test/port"
)

// copyChat copies examples/chat to a home, with ports of its own, and returns
// the site's URL. The app's source stays where it is, as it is part of this
// module.
func copyChat(t *testing.T, h *edge.Home) (url string) {
	t.Helper()
	example, err := filepath.Abs("../../examples/chat")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(h.Path("public"), os.DirFS(filepath.Join(example, "public"))); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(example, "site.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	ports := freePorts(t, 3)
	text := string(data)
	for old, with := range map[string]string{
		`localhost:8080`:    "localhost:" + ports[0],
		`localhost:8443`:    "localhost:" + ports[1],
		`127\.0\.0\.1:5000`: "127.0.0.1:" + ports[2],
		`dir +=.*`:          fmt.Sprintf("dir = %q", example),
	} {
		pattern := regexp.MustCompile(old)
		if !pattern.MatchString(text) {
			t.Fatalf("the example's site.hcl holds no %s any more", old)
		}
		text = pattern.ReplaceAllLiteralString(text, with)
	}
	h.Write("site.hcl", text)
	return "https://localhost:" + ports[1]
}

// freePorts returns ports that nobody listens on.
func freePorts(t *testing.T, count int) []string {
	t.Helper()
	var ports []string
	for range count {
		_, number, err := net.SplitHostPort(port.Free(t))
		if err != nil {
			t.Fatal(err)
		}
		ports = append(ports, number)
	}
	return ports
}
