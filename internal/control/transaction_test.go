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
	"edgegen/internal/render"
	"edgegen/internal/site"
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
	e.layout = render.Layout{Dir: filepath.Join(run, "config"), Run: run}
	generations := make([]*generation, 2)
	for i := range generations {
		generations[i] = &generation{
			number: i + 1,
			loaded: &config.Loaded{Edge: &site.Edge{}},
			public: &sockets{},
			output: &render.Output{Nginx: render.File{Name: "nginx.conf", Data: []byte{byte('1' + i)}, Mode: 0o644}},
		}
		if err := e.write(generations[i]); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if err := e.enter(generations[0]); err != nil {
				t.Fatal(err)
			}
			e.generation = generations[0]
		}
	}
	journal := &[]string{}
	return &transaction{edge: e, was: generations[0], next: generations[1], pool: &pool{}, apps: &appsChange{edge: e}}, journal
}

func journaled(journal *[]string, name string, failure error) *change {
	note := func(what string) func(context.Context) {
		return func(context.Context) { *journal = append(*journal, what+" "+name) }
	}
	return &change{
		commit: func(ctx context.Context) error {
			note("commit")(ctx)
			return failure
		},
		undo: func(ctx context.Context) error {
			note("undo")(ctx)
			return nil
		},
		abandon: note("abandon"),
		finish:  note("finish"),
	}
}

func (t *transaction) inForce(test *testing.T) string {
	test.Helper()
	data, err := os.ReadFile(filepath.Join(t.edge.layout.Dir, "nginx.conf"))
	if err != nil {
		test.Fatal(err)
	}
	return string(data)
}

// R1: where one tier does not follow, those before it go back, in the opposite
// order and on the old files; those after it are never asked.
func TestR1RollBack(t *testing.T) {
	tx, journal := staged(t)
	refusal := errors.New("nginx does not follow")
	tx.changes = []*change{journaled(journal, "app", nil), journaled(journal, "web", refusal), journaled(journal, "cache", nil)}
	undo := tx.changes[0].undo
	tx.changes[0].undo = func(ctx context.Context) error {
		if tx.inForce(t) != "1" {
			t.Error("the new files are still in place while tiers go back")
		}
		return undo(ctx)
	}
	if err := tx.commit(t.Context()); !errors.Is(err, refusal) || err.Error() != refusal.Error() {
		t.Errorf("the error is %v", err)
	}
	want := []string{"commit app", "commit web", "undo web", "undo app", "abandon cache"}
	if !slices.Equal(*journal, want) {
		t.Errorf("%q, want %q", *journal, want)
	}
	if tx.inForce(t) != "1" || tx.edge.serving() != tx.was {
		t.Error("the old generation is not in force")
	}
	if _, err := os.Stat(tx.edge.dir(tx.next)); !errors.Is(err, os.ErrNotExist) {
		t.Error("the refused generation's files are left")
	}
}

func TestCommit(t *testing.T) {
	tx, journal := staged(t)
	untouched := &change{}
	tx.changes = []*change{journaled(journal, "web", nil), untouched, journaled(journal, "tls", nil)}
	if err := tx.commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"commit web", "commit tls", "finish web", "finish tls"}
	if !slices.Equal(*journal, want) {
		t.Errorf("%q, want %q", *journal, want)
	}
	if tx.inForce(t) != "2" || tx.edge.serving() != tx.next {
		t.Error("the new generation is not in force")
	}
	if _, err := os.Stat(tx.edge.dir(tx.was)); !errors.Is(err, os.ErrNotExist) {
		t.Error("the old generation's files are left")
	}
}

// A plan abandons what it staged.
func TestAbandon(t *testing.T) {
	tx, journal := staged(t)
	tx.changes = []*change{journaled(journal, "web", nil), {}, journaled(journal, "cache", nil)}
	tx.abandon(t.Context())
	if want := []string{"abandon web", "abandon cache"}; !slices.Equal(*journal, want) || tx.inForce(t) != "1" {
		t.Errorf("%q, want %q", *journal, want)
	}
}

// A daemon's change and its stand-in's are one: the stand-in goes first, and
// comes back last.
func TestBoth(t *testing.T) {
	journal := &[]string{}
	c := both(journaled(journal, "stand-in", nil), journaled(journal, "daemon", nil))
	for _, f := range []func(context.Context) error{c.commit, c.undo} {
		if err := f(t.Context()); err != nil {
			t.Error(err)
		}
	}
	c.abandon(t.Context())
	c.finish(t.Context())
	want := []string{
		"commit stand-in", "commit daemon", "undo daemon", "undo stand-in",
		"abandon daemon", "abandon stand-in", "finish stand-in", "finish daemon",
	}
	if !slices.Equal(*journal, want) {
		t.Errorf("%q, want %q", *journal, want)
	}
	if nothing := both(&change{}, &change{}); nothing.touches() {
		t.Error("two changes that touch nothing touch something")
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
	tx.changes = []*change{journaled(journal, "web", errors.New("nginx does not follow"))}
	if err := tx.commit(t.Context()); err == nil {
		t.Fatal("the reload is not refused")
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is there: %v", err)
	}
}
