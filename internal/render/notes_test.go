package render

import (
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"edgegen/internal/site"
	"edgegen/templates"
)

// sources are the texts of all templates, by their names.
func sources(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(templates.FS, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(templates.FS, name)
		all[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestNotesAreListed finds a note in a template that the table does not have, and
// one in the table that no template writes or reads. Nobody would drop the first.
func TestNotesAreListed(t *testing.T) {
	spelt := map[string]bool{}
	for _, text := range sources(t) {
		for _, name := range regexp.MustCompile(`X-Edge-[A-Za-z]+(?:-[A-Z][a-z]+)*`).FindAllString(text, -1) {
			spelt[name] = true
		}
	}
	listed := site.NoteNames()
	for name := range maps.Keys(spelt) {
		if !slices.Contains(listed, name) && name != site.NoteStored { // which only a member of a cluster writes
			t.Errorf("%s is in a template and not in the table", name)
		}
	}
	for _, name := range listed {
		if !spelt[name] {
			t.Errorf("%s is in the table and in no template", name)
		}
	}
}

// TestFunctionsAreCalled finds a function that templates may call and none does.
func TestFunctionsAreCalled(t *testing.T) {
	var all strings.Builder
	for _, text := range sources(t) {
		for _, action := range regexp.MustCompile(`\{\{[^}]*\}\}`).FindAllString(text, -1) {
			all.WriteString(action)
		}
	}
	for name := range functions(&placeholder{}) {
		if !regexp.MustCompile(`\b` + name + `\b`).MatchString(all.String()) {
			t.Errorf("no template calls %s", name)
		}
	}
}
