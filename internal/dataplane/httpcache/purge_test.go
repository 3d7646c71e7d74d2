package httpcache

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestK6Purge(t *testing.T) {
	entry := func(tags string) *Entry {
		e := NewEntry(200, header("ETag: x"), nil, Freshness{Received: now, Lifetime: time.Hour, Grace: time.Minute}, NewMemory([]byte("body")))
		e.Tags = tags
		return e
	}
	under := func(prefix string) func(string) bool {
		return func(key string) bool { return strings.HasPrefix(key, prefix) }
	}
	tests := map[string]struct {
		purge Purge
		count int
		left  string // keys
		stale string
	}{
		"a tag":            {Purge{Tag: "a"}, 2, "c d", ""},
		"a part of a tag":  {Purge{Tag: "bb"}, 0, "a b c d", ""},
		"a key":            {Purge{Key: under("b")}, 1, "a c d", ""},
		"a tag of one key": {Purge{Key: under("b"), Tag: "a"}, 1, "a c d", ""},
		"all":              {Purge{}, 4, "", ""},
		"softly":           {Purge{Tag: "a", Soft: true}, 2, "a b c d", "a b"},
	}
	for name, test := range tests {
		for _, kind := range []string{"memory", "file"} {
			t.Run(name+", "+kind, func(t *testing.T) {
				s, path := NewStore(1<<20), filepath.Join(t.TempDir(), "cache")
				if kind == "file" {
					var err error
					if s, err = OpenFile(path, 4<<20); err != nil {
						t.Fatal(err)
					}
				}
				for key, tags := range map[string]string{"a": "a", "b": "b a bbb", "c": "bbb aa", "d": ""} {
					s.Put(key, entry(tags))
				}
				if got := s.Purge(test.purge, now.Add(time.Second)); got != test.count {
					t.Errorf("%d are purged, want %d", got, test.count)
				}
				left, stale := keysOf(s)
				if left != test.left || stale != test.stale {
					t.Errorf("left %q, of which stale %q; want %q, %q", left, stale, test.left, test.stale)
				}
				late := entry("a")
				s.Put("b", late)
				if again, _ := keysOf(s); again != left {
					t.Errorf("what was asked for before is stored: %q, and before it came %q", again, left)
				}
				late.Since = s.Purges()
				s.Put("e", late)
				if s.Lookup("e", nil, now).Entry == nil {
					t.Error("what was asked for afterwards is not stored")
				}
				if err := s.Close(); err != nil || kind == "memory" {
					return
				}
				s, err := OpenFile(path, 4<<20)
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				again, stale := keysOf(s)
				if stale != "" || strings.Contains(again, "a") && test.purge.Tag == "a" && test.purge.Key == nil {
					t.Errorf("a restart brings %q back, of which stale %q", again, stale)
				}
			})
		}
	}
}

// keysOf lists what is stored, and what of it is stale.
func keysOf(s *Store) (all, stale string) {
	for _, key := range []string{"a", "b", "c", "d"} {
		e := s.Lookup(key, nil, now).Entry
		if e != nil {
			all += " " + key
		}
		if e != nil && e.Freshness.Stale(now.Add(2*time.Second)) > 0 {
			stale += " " + key
		}
	}
	return strings.TrimSpace(all), strings.TrimSpace(stale)
}

// Whatever has missed more purges than are remembered is not stored.
func TestK6ForgottenPurges(t *testing.T) {
	s := NewStore(1 << 20)
	for i := range remembered {
		s.Purge(Purge{Tag: fmt.Sprint(i)}, now)
	}
	put := func(since uint64) bool {
		e := NewEntry(200, nil, nil, Freshness{Received: now, Lifetime: time.Hour}, NewMemory(nil))
		e.Since = since
		s.Put("k", e)
		return s.Lookup("k", nil, now).Entry != nil
	}
	s.Purge(Purge{Tag: "last"}, now)
	if put(0) {
		t.Error("it is stored, and nobody knows whether it was meant")
	}
	if !put(1) {
		t.Error("it is not stored, and nothing meant it")
	}
}

// BenchmarkPurge is a purge that means nothing of a hundred thousand responses.
func BenchmarkPurge(b *testing.B) {
	s := NewStore(1 << 30)
	for i := range 100_000 {
		e := NewEntry(200, nil, nil, Freshness{Received: now, Lifetime: time.Hour}, NewMemory(nil))
		e.Tags = fmt.Sprint("all page-", i)
		s.Put(fmt.Sprint("vzine.us/", i), e)
	}
	for b.Loop() {
		s.Purge(Purge{Tag: "none"}, now)
	}
}
