package docs

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write anew what is generated in the documents")

// holdGenerated compares what stands between a document's marks of that name
// with what was made from the code.
func holdGenerated(t *testing.T, document, mark, made string) {
	t.Helper()
	from, to := "<!-- "+mark+" -->\n", "<!-- /"+mark+" -->"
	is := read(t, document)
	before, rest, found := strings.Cut(is, from)
	_, after, ended := strings.Cut(rest, to)
	if !found || !ended {
		t.Fatalf("%s has no place for %s", document, mark)
	}
	wanted := before + from + made + to + after
	if wanted == is {
		return
	}
	if !*update {
		t.Fatalf("the %s in %s are not those of the code; run go test ./test/docs -update", mark, document)
	}
	if err := os.WriteFile(filepath.Join(root, document), []byte(wanted), 0o644); err != nil {
		t.Fatal(err)
	}
}
