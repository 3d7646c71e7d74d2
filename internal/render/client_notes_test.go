package render_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"edgegen/internal/site"
)

// TestNotesOfClients holds that a client's note is dropped before a step that looks at it,
// or else before anybody is asked.
func TestNotesOfClients(t *testing.T) {
	for _, g := range goldens() {
		t.Run(g.name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", g.name, "default.vcl"))
			if errors.Is(err, fs.ErrNotExist) {
				return // a site without a cache
			}
			if err != nil {
				t.Fatal(err)
			}
			vcl := string(text)
			taken, sorted := subroutine(t, vcl, "edge_drop_taken"), subroutine(t, vcl, "edge_drop_sorted")
			rest := strings.NewReplacer(taken, "", sorted, "", subroutine(t, vcl, "edge_drop_others"), "", subroutine(t, vcl, "edge_drop_kept"), "").Replace(vcl)
			for _, note := range site.NoteNames(site.Sorted, site.Asked, site.Relayed) {
				named := regexp.MustCompile(`(?i)\b` + note + `\b`).MatchString(rest)
				if named && !strings.Contains(taken, "req.http."+note+";") {
					t.Errorf("%s of a client is looked at", note)
				}
				if !named && !strings.Contains(sorted, "bereq.http."+note+";") {
					t.Errorf("%s of a client goes on", note)
				}
			}
		})
	}
}

// subroutine is the text of one.
func subroutine(t *testing.T, vcl, name string) string {
	t.Helper()
	_, rest, found := strings.Cut(vcl, "\nsub "+name+" {\n")
	text, _, ended := strings.Cut(rest, "\n}\n")
	if !found || !ended {
		t.Fatalf("there is no subroutine %s", name)
	}
	return text
}
