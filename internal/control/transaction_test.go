package control

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"edgegen/internal/accesslog"
	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/render"
	"edgegen/internal/site"
	"edgegen/internal/tiers"
)

// staged returns a transaction between two generations whose files are on disk,
// and the journal that its changes write.
func staged(t *testing.T) (*transaction, *[]string) {
	t.Helper()
	run := t.TempDir()
	if err := os.Mkdir(filepath.Join(run, "generations"), 0o700); err != nil {
		t.Fatal(err)
	}
	o := Options{Log: slog.New(slog.DiscardHandler), SetLevel: func(string) {}, StateDir: run}
	e := newEdge(o, &state{dir: run}, nil)
	e.Layout = render.Layout{Dir: filepath.Join(run, "config"), Run: run}
	generations := make([]*generation.Generation, 2)
	for i := range generations {
		generations[i] = &generation.Generation{
			Number: i + 1,
			Loaded: &config.Loaded{Edge: &site.Edge{}},
			Public: &generation.Sockets{},
			Output: &render.Output{Daemons: []render.Rendered{{Engine: site.Nginx, Files: []render.File{{Name: "nginx.conf", Data: []byte{byte('1' + i)}, Mode: 0o644}}}}},
		}
		if err := e.write(generations[i]); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if err := e.enter(generations[0]); err != nil {
				t.Fatal(err)
			}
			e.Serve(generations[0], nil)
		}
	}
	apps, err := e.apps.Stage(generations[1])
	if err != nil {
		t.Fatal(err)
	}
	journal := &[]string{}
	return &transaction{edge: e, was: generations[0], next: generations[1], pool: &generation.Pool{}, apps: apps}, journal
}

// journal is a step that writes down what is asked of it.
type journal struct {
	entries *[]string
	name    string
	failure error
	undoing func()
}

func (j journal) note(what string) { *j.entries = append(*j.entries, what+" "+j.name) }

func (j journal) Commit(context.Context) error {
	j.note("commit")
	return j.failure
}

func (j journal) Undo(context.Context) error {
	j.note("undo")
	if j.undoing != nil {
		j.undoing()
	}
	return nil
}

func (j journal) Abandon(context.Context) { j.note("abandon") }
func (j journal) Finish(context.Context)  { j.note("finish") }

func journaled(entries *[]string, name string, failure error) *tiers.Change {
	return tiers.NewChange(journal{entries: entries, name: name, failure: failure})
}

func (t *transaction) inForce(test *testing.T) string {
	test.Helper()
	data, err := os.ReadFile(filepath.Join(t.edge.Layout.Dir, "nginx.conf"))
	if err != nil {
		test.Fatal(err)
	}
	return string(data)
}

// R1: where one tier does not follow, those before it go back, in the opposite
// order and on the old files; those after it are never asked.
func TestR1RollBack(t *testing.T) {
	tx, entries := staged(t)
	refusal := errors.New("nginx does not follow")
	first := tiers.NewChange(journal{entries: entries, name: "app", undoing: func() {
		if tx.inForce(t) != "1" {
			t.Error("the new files are still in place while tiers go back")
		}
	}})
	tx.changes = []*tiers.Change{first, journaled(entries, "web", refusal), journaled(entries, "cache", nil)}
	if err := tx.commit(t.Context()); !errors.Is(err, refusal) || err.Error() != refusal.Error() {
		t.Errorf("the error is %v", err)
	}
	want := []string{"commit app", "commit web", "undo web", "undo app", "abandon cache"}
	if !slices.Equal(*entries, want) {
		t.Errorf("%q, want %q", *entries, want)
	}
	if tx.inForce(t) != "1" || tx.edge.Serving() != tx.was {
		t.Error("the old generation is not in force")
	}
	if _, err := os.Stat(tx.edge.Dir(tx.next)); !errors.Is(err, os.ErrNotExist) {
		t.Error("the refused generation's files are left")
	}
}

func TestCommit(t *testing.T) {
	tx, entries := staged(t)
	untouched := &tiers.Change{}
	tx.changes = []*tiers.Change{journaled(entries, "web", nil), untouched, journaled(entries, "tls", nil)}
	if err := tx.commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"commit web", "commit tls", "finish web", "finish tls"}
	if !slices.Equal(*entries, want) {
		t.Errorf("%q, want %q", *entries, want)
	}
	if tx.inForce(t) != "2" || tx.edge.Serving() != tx.next {
		t.Error("the new generation is not in force")
	}
	if _, err := os.Stat(tx.edge.Dir(tx.was)); !errors.Is(err, os.ErrNotExist) {
		t.Error("the old generation's files are left")
	}
}

// A plan abandons what it staged.
func TestAbandon(t *testing.T) {
	tx, entries := staged(t)
	tx.changes = []*tiers.Change{journaled(entries, "web", nil), {}, journaled(entries, "cache", nil)}
	tx.abandon(t.Context())
	if want := []string{"abandon web", "abandon cache"}; !slices.Equal(*entries, want) || tx.inForce(t) != "1" {
		t.Errorf("%q, want %q", *entries, want)
	}
}

// R1: a reload that is refused after the access log was prepared leaves no new
// file.
func TestR1RollBackLeavesNoAccessLog(t *testing.T) {
	tx, journal := staged(t)
	path := filepath.Join(t.TempDir(), "next.log")
	log, err := accesslog.Open(site.Log{Access: "off"}, io.Discard, tx.edge.options.Log, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	if tx.access, err = log.Prepare(site.Log{Access: "off"}, site.Log{Access: path}); err != nil {
		t.Fatal(err)
	}
	tx.changes = []*tiers.Change{journaled(journal, "web", errors.New("nginx does not follow"))}
	if err := tx.commit(t.Context()); err == nil {
		t.Fatal("the reload is not refused")
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is there: %v", err)
	}
}
