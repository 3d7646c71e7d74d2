package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Every verb that is listed has a page with its flags, which groff takes without a word
// where it is installed.
func TestManualPages(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "0")
	dir := filepath.Join(t.TempDir(), "man1")
	var out bytes.Buffer
	root := newRoot(streams{out: &out, err: &out})
	root.SetArgs([]string{"man", dir})
	if err := root.ExecuteContext(context.Background()); err != nil {
		t.Fatal(err)
	}
	check := []string{"-ww", "-z", "-man", "-Tutf8"}
	for name, page := range manPages(root) {
		written, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(written) != page {
			t.Errorf("%s is not written: %v", name, err)
		}
		check = append(check, filepath.Join(dir, name))
	}
	if groff, err := exec.LookPath("groff"); err == nil {
		if said, err := exec.Command(groff, check...).CombinedOutput(); err != nil || len(said) > 0 {
			t.Errorf("groff: %v: %s", err, said)
		}
	}
	up := manPages(root)["edgegen-up.1"]
	for _, want := range []string{"January 1970", ".SH EXAMPLES", `\fB\-\-state\-dir\fP \fI`, ".BR edgegen (1)"} {
		if !strings.Contains(up, want) {
			t.Errorf("the page of up lacks %q:\n%s", want, up)
		}
	}
}
