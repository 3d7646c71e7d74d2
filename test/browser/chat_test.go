package browser

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// needs skips the test where a program is missing and says what then is not
// covered. Continuous integration has them all, so there it fails.
func needs(t *testing.T, covered string, programs ...string) {
	t.Helper()
	var missing []string
	if runtime.GOOS != "linux" {
		missing = append(missing, "linux")
	}
	for _, program := range programs { // of names with a | between them one is enough
		names := strings.Split(program, "|")
		if !installed(names) {
			missing = append(missing, names[0])
		}
	}
	if missing == nil {
		return
	}
	line := fmt.Sprintf("not covered: %s (%s is missing)", covered, strings.Join(missing, ", "))
	if os.Getenv("CI") == "true" {
		t.Fatal(line)
	}
	t.Skip(line)
}

// installed also looks where an ordinary user's PATH does not.
func installed(names []string) bool {
	for _, name := range names {
		for _, path := range []string{name, "/usr/local/sbin/" + name, "/usr/sbin/" + name, "/sbin/" + name} {
			if _, err := exec.LookPath(path); err == nil {
				return true
			}
		}
	}
	return false
}

// chatSite is a copy of examples/chat with ports of its own.
type chatSite struct{ file, url string }

// openDirectory makes a directory that the daemons may enter, whom a root's
// edge runs as another user.
func openDirectory(t *testing.T) string {
	t.Helper()
	directory := t.TempDir()
	for _, step := range []string{directory, filepath.Dir(directory)} {
		if err := os.Chmod(step, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return directory
}

// copyChat copies the site and its files. The app's source stays where it is,
// as it is part of this module.
func copyChat(t *testing.T) chatSite {
	t.Helper()
	example, err := filepath.Abs("../../examples/chat")
	if err != nil {
		t.Fatal(err)
	}
	directory := openDirectory(t)
	if err := os.CopyFS(filepath.Join(directory, "public"), os.DirFS(filepath.Join(example, "public"))); err != nil {
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
	file := filepath.Join(directory, "site.hcl")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return chatSite{file: file, url: "https://localhost:" + ports[1]}
}

// freePorts returns ports that nobody listens on, below those that the kernel
// gives to connections, so that none takes them before the edge does.
func freePorts(t *testing.T, count int) []string {
	t.Helper()
	var ports []string
	for attempt := 0; len(ports) < count; attempt++ {
		port := fmt.Sprint(20000 + rand.IntN(10000))
		listener, err := net.Listen("tcp", ":"+port) // on every address, both families
		if err != nil {
			if attempt > 100 {
				t.Fatalf("no free port: %v", err)
			}
			continue
		}
		defer func() { _ = listener.Close() }() // later, so that no port comes twice
		ports = append(ports, port)
	}
	return ports
}
