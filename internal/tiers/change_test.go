package tiers

import (
	"context"
	"errors"
	"slices"
	"testing"
)

// diary is a step that writes down what is asked of it.
type diary struct {
	entries *[]string
	name    string
	failure error
}

func (j diary) note(what string) { *j.entries = append(*j.entries, what+" "+j.name) }

func (j diary) Commit(context.Context) error {
	j.note("commit")
	return j.failure
}

func (j diary) Undo(context.Context) error {
	j.note("undo")
	return nil
}

func (j diary) Abandon(context.Context) { j.note("abandon") }
func (j diary) Finish(context.Context)  { j.note("finish") }

// The steps of a change go in order and come back in the opposite one, as far as
// they were begun; those that were not are abandoned.
func TestSteps(t *testing.T) {
	failure := errors.New("it does not follow")
	for _, c := range []struct {
		name    string
		failing string
		do      func(*Change, context.Context) error
		want    []string
	}{
		{"commit", "", (*Change).Commit, []string{"commit stand-in", "commit daemon", "commit log"}},
		{"abandon", "", func(c *Change, ctx context.Context) error { c.Abandon(ctx); return nil }, []string{"abandon log", "abandon daemon", "abandon stand-in"}},
		{"undo of all", "log", (*Change).Undo, []string{"commit stand-in", "commit daemon", "commit log", "undo log", "undo daemon", "undo stand-in"}},
		{"undo of some", "daemon", (*Change).Undo, []string{"commit stand-in", "commit daemon", "undo daemon", "undo stand-in", "abandon log"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			entries := &[]string{}
			all := &Change{}
			for _, name := range []string{"stand-in", "daemon", "log"} {
				var err error
				if name == c.failing {
					err = failure
				}
				all.then(diary{entries: entries, name: name, failure: err})
			}
			if c.failing != "" {
				if err := all.Commit(t.Context()); !errors.Is(err, failure) {
					t.Fatalf("the commit's error is %v", err)
				}
			}
			if err := c.do(all, t.Context()); err != nil {
				t.Error(err)
			}
			if !slices.Equal(*entries, c.want) {
				t.Errorf("%q, want %q", *entries, c.want)
			}
		})
	}
}
