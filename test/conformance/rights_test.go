package conformance

import (
	"os"
	"path/filepath"
	"testing"
)

// writeClosed writes files below public that whoever serves them may not read,
// or may not even see. To the user root no file is closed, but root serves none.
func writeClosed(t *testing.T, dir string) {
	t.Helper()
	for name, mode := range map[string]os.FileMode{
		"public/closed.txt": 0, "public/style.css.gz": 0, "public/both/closed.txt": 0,
		"public/closed/file.txt": 0o644, "public/both/closed/file.txt": 0o644, "public/large.bin": 0,
		"public/dark/file.txt": 0o644,
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, make([]byte, 100<<10), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	for name, mode := range map[string]os.FileMode{"public/closed": 0, "public/both/closed": 0, "public/dark": 0o711} {
		path := filepath.Join(dir, name)
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(path, 0o755) }) // so that it can be removed
	}
}

// rightsCases hold that files are read with the rights of the user whom daemons
// run as, on every engine.
func rightsCases() []contractCase {
	nothing := func(name, target string) contractCase {
		return contractCase{clause: "X3", name: name, request: get("files.test", target), want: want{status: 404, body: "404 Not Found\n", reaches: never}}
	}
	return []contractCase{
		nothing("a file that may not be read", "/closed.txt"),
		nothing("a large file that may not be read", "/large.bin"),
		nothing("a file in a directory that may not be entered", "/closed/file.txt"),
		{clause: "X3", name: "a file that may not be read is the app's to answer for", request: get("files.test", "/both/closed.txt"), want: want{status: 200, body: "app app\n", reaches: 1}},
		{clause: "X3", name: "so is one in a directory that may not be entered", request: get("files.test", "/both/closed/file.txt"), want: want{status: 200, body: "app app\n", reaches: 1}},
		{clause: "X3", name: "a directory that may be entered and not read", request: get("files.test", "/dark/file.txt"), want: want{status: 200}},
		{clause: "X3", name: "a right that is taken away", run: func(a *attempt) {
			name := "rights-" + a.mark + ".txt"
			path := a.edge.Path("public/" + name)
			a.cleanup(func() { _ = os.Remove(path) })
			if err := os.WriteFile(path, []byte("text"), 0o644); err != nil {
				a.fatalf("%v", err)
			}
			for range 3 {
				for mode, status := range map[os.FileMode]int{0o644: 200, 0: 404} {
					if err := os.Chmod(path, mode); err != nil {
						a.fatalf("%v", err)
					}
					a.check(a.ask(get("files.test", "/"+name)), want{status: status})
				}
			}
		}},
	}
}
