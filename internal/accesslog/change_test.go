package accesslog

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"edgegen/internal/site"
)

// A change that is not made leaves the files as they were; one that is made
// writes there.
func TestAccessChange(t *testing.T) {
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	nothing := func(string) {}
	for _, c := range []struct {
		name              string
		before, meanwhile func(path string) // of prepare, and between it and the end
		abandoned, hosts  string            // what the file has; "-" is no file
	}{
		{name: "a file that is not there", before: nothing, meanwhile: nothing, abandoned: "-", hosts: "x"},
		{name: "a file that is there", before: func(path string) { write(path, `{"host":"earlier"}`+"\n") }, meanwhile: nothing,
			abandoned: `{"host":"earlier"}` + "\n", hosts: "earlier x"},
		{name: "an empty file that is there", before: func(path string) { write(path, "") }, meanwhile: nothing, abandoned: "", hosts: "x"},
		{name: "somebody writes to it", before: nothing, meanwhile: func(path string) { write(path, `{"host":"other"}`+"\n") },
			abandoned: `{"host":"other"}` + "\n", hosts: "other x"},
	} {
		for _, commit := range []bool{false, true} {
			name := c.name + ", abandoned"
			if commit {
				name = c.name + ", committed"
			}
			t.Run(name, func(t *testing.T) {
				log, _ := logFile(t)
				path := filepath.Join(t.TempDir(), "next.log")
				c.before(path)
				change, err := log.Prepare(log.to.log, site.Log{Access: path})
				if err != nil || !change.Changes() {
					t.Fatalf("%v, %v", change, err)
				}
				c.meanwhile(path)
				if commit {
					if err := change.Commit(); err != nil {
						t.Fatal(err)
					}
					log.Record(of("x"))
					written(t, log)
					if got := hosts(t, path); got != c.hosts {
						t.Errorf("the file has the hosts %q, want %q", got, c.hosts)
					}
					return
				}
				if err := change.Abandon(); err != nil {
					t.Fatal(err)
				}
				data, err := os.ReadFile(path)
				if errors.Is(err, fs.ErrNotExist) {
					data, err = []byte("-"), nil
				}
				if err != nil || string(data) != c.abandoned {
					t.Errorf("the file has %q, want %q; %v", data, c.abandoned, err)
				}
			})
		}
	}
}

// A rotation between the stage and the commit finds the file that is written to
// from then on too.
func TestAccessChangeWhileLogsRotate(t *testing.T) {
	log, file := logFile(t)
	change, err := log.Prepare(log.to.log, site.Log{Access: file, Format: "json"})
	if err != nil || !change.Changes() {
		t.Fatalf("%v, %v", change, err)
	}
	if err := errors.Join(os.Rename(file, file+".1"), log.Reopen(), change.Commit()); err != nil {
		t.Fatal(err)
	}
	log.Record(of("x"))
	written(t, log)
	if got := hosts(t, file); got != "x" {
		t.Errorf("the file has the hosts %q", got)
	}
}

// Another file that came in the place of the one that was made stays.
func TestAccessChangeLeavesWhatIsNotItsOwn(t *testing.T) {
	log, _ := logFile(t)
	path := filepath.Join(t.TempDir(), "next.log")
	change, err := log.Prepare(log.to.log, site.Log{Access: path})
	if err != nil {
		t.Fatal(err)
	}
	// Both are there at once, so that they cannot have one number.
	if err := errors.Join(os.WriteFile(path+".other", nil, 0o600), os.Rename(path+".other", path)); err != nil {
		t.Fatal(err)
	}
	if err := change.Abandon(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

// What cannot be written is refused before anything changes; what is no file
// makes none.
func TestAccessChangePlaces(t *testing.T) {
	log, file := logFile(t)
	was := log.to.log
	if change, err := log.Prepare(was, was); change.Changes() || err != nil {
		t.Errorf("the same again: %v, %v", change, err)
	}
	for _, bad := range []string{filepath.Join(t.TempDir(), "none", "access.log"), t.TempDir()} {
		if change, err := log.Prepare(was, site.Log{Access: bad}); change.Changes() || err == nil {
			t.Errorf("%s is accepted", bad)
		}
	}
	t.Chdir(t.TempDir())
	for _, next := range []site.Log{{Access: "off"}, {Access: "stdout"}, {Access: was.Access, Format: "combined"}} {
		change, err := log.Prepare(was, next)
		if err != nil || !change.Changes() {
			t.Fatalf("%+v: %v, %v", next, change, err)
		}
		if err := change.Abandon(); err != nil {
			t.Error(err)
		}
	}
	if made, err := os.ReadDir("."); err != nil || len(made) != 0 {
		t.Errorf("made %v, %v", made, err)
	}
	log.Record(of("x"))
	written(t, log)
	if got := hosts(t, file); got != "x" {
		t.Errorf("the log that stays has %q", got)
	}
}
