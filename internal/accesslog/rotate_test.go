package accesslog

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"edgegen/internal/site"
)

// O5: a file that has become large is followed by another; no line is lost, and only so
// many files are kept.
func TestAccessLogRotatesByItself(t *testing.T) {
	file := filepath.Join(t.TempDir(), "access.log")
	log := open(t, site.Log{Access: file, MaxSize: 1000, Keep: 2}, nil)
	for round := range 4 {
		for i := range 8 {
			log.Record(of(fmt.Sprintf("%d-%d", round, i)))
		}
		written(t, log) // after which the next file has begun
	}
	names, err := filepath.Glob(file + "*")
	if err != nil || len(names) != 3 {
		t.Fatalf("%v, %v", names, err)
	}
	all := hosts(t, file+".2") + " " + hosts(t, file+".1") + " " + hosts(t, file)
	if !strings.HasSuffix(all, "3-0 3-1 3-2 3-3 3-4 3-5 3-6 3-7 ") && !strings.HasSuffix(all, "3-7") || strings.Contains(all, "0-0") {
		t.Errorf("the files have %q", all)
	}
	for _, name := range names {
		if info, err := os.Stat(name); err != nil || info.Size() > 4000 {
			t.Errorf("%s: %v, %v", name, info.Size(), err)
		}
	}
}

// Where the next file cannot begin, the old one goes on.
func TestAccessLogThatCannotRotate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "access.log")
	log := open(t, site.Log{Access: file, MaxSize: 500, Keep: 1}, nil)
	if err := os.MkdirAll(filepath.Join(file+".1", "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		log.Record(of("x"))
		log.Record(of("y"))
	}
	written(t, log)
	if got := strings.Fields(hosts(t, file)); len(got) != 40 {
		t.Errorf("%d lines", len(got))
	}
}
