package vsm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// shared is what a test shares as varnishd's child does.
type shared struct {
	t     *testing.T
	dir   string
	index string
}

func share(t *testing.T) *shared {
	s := &shared{t: t, dir: t.TempDir(), index: "# 1 2\n"}
	if err := os.Mkdir(filepath.Join(s.dir, childDir), 0o700); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *shared) path(file string) string { return filepath.Join(s.dir, childDir, file) }

// put writes a piece at an offset of a file, and tells of it in the index.
func (s *shared) put(file string, offset int, class, name string, raw []byte) {
	s.t.Helper()
	to, err := os.OpenFile(s.path(file), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	_, err = to.WriteAt(raw, int64(offset))
	if err := errors.Join(err, to.Close()); err != nil {
		s.t.Fatal(err)
	}
	s.tell(fmt.Sprintf("+ %s %d %d %s %s\n", file, offset, len(raw), class, name))
}

func (s *shared) tell(line string) {
	s.index += line
	writeIndex(s.t, s.dir, s.index)
}

// withHead is what varnishd puts before what is counted, or before its description.
func withHead(ready uint32, id uint64, body []byte) []byte {
	raw := make([]byte, headSize)
	binary.NativeEndian.PutUint32(raw, ready)
	binary.NativeEndian.PutUint64(raw[headSize-2*size:], uint64(headSize))
	if size == 8 {
		binary.NativeEndian.PutUint64(raw[headSize-size:], id)
	} else {
		binary.NativeEndian.PutUint32(raw[headSize-size:], uint32(id))
	}
	return append(raw, body...)
}

func counted(id uint64, values ...uint64) []byte {
	var body []byte
	for _, n := range values {
		body = binary.NativeEndian.AppendUint64(body, n)
	}
	return withHead(1, id, body)
}

// described is a description of counters with those names, in their order.
func described(id uint64, names ...string) []byte {
	var elements []string
	for i, name := range names {
		elements = append(elements, fmt.Sprintf(`"%s":{"type":"gauge","index":%d,"name":"%s"}`, name, 8*i, name))
	}
	return withHead(1, id, []byte(`{"version":"1","elements":2,"elem":{`+strings.Join(elements, ",")+"}}\x00\x00"))
}

func (s *shared) hold(c *Counters, want map[string]int, shapes ...string) {
	s.t.Helper()
	if got, err := c.Read(shapes...); err != nil || !maps.Equal(got, want) {
		s.t.Errorf("%v: %v, not %v; %v", shapes, got, want, err)
	}
}

func TestCounters(t *testing.T) {
	s := share(t)
	c := CountersOf(s.dir)
	all := []string{"MAIN.n_pipe", "MAIN.none", "VBE.*.conn"}
	s.hold(c, map[string]int{}, all...)
	s.put("_.StatDoc.1", 0, "StatDoc", "7f", described(7, "other", "n_pipe"))
	s.put("_.Stat.1", 0, "Stat", "MAIN", counted(7, 1, 3))
	s.put("_.StatDoc.2", 0, "StatDoc", "9f", described(9, "conn", "req"))
	s.put("_.VSC_cluster.1", 16, "Stat", "VBE.one.app", counted(9, 4, 1))
	s.put("_.VSC_cluster.1", 80, "Stat", "VBE.one.edge_odd", counted(9, ^uint64(0), 1))
	s.put("_.Log.1", 0, "Log", "Log", counted(9, 4, 1))
	s.hold(c, map[string]int{"MAIN.n_pipe": 3, "VBE.one.app.conn": 4, "VBE.one.edge_odd.conn": -1}, all...)
	s.hold(c, map[string]int{"VBE.one.edge_odd.conn": -1}, "VBE.*.edge_odd.conn", "n_pipe", "")

	// What is counted is seen at once, and what is hidden counts too.
	s.put("_.Stat.1", 0, "Other", "MAIN", append(counted(7, 1, 5)[:0:0], counted(7, 1, 5)...))
	s.put("_.VSC_cluster.1", 16, "Other", "-", withHead(2, 9, make([]byte, 16)))
	s.hold(c, map[string]int{"MAIN.n_pipe": 5, "VBE.one.app.conn": 0}, "MAIN.n_pipe", "VBE.*.app.conn")

	// A VCL goes, and another child comes, whose descriptions have the same numbers.
	s.tell("- _.VSC_cluster.1 16 40 Stat VBE.one.app\n")
	if err := os.Remove(s.path("_.VSC_cluster.1")); err != nil {
		t.Fatal(err)
	}
	s.hold(c, map[string]int{}, "VBE.*.conn")
	if err := os.RemoveAll(s.path("")); err != nil {
		t.Fatal(err)
	}
	s.hold(c, map[string]int{}, all...)
	if err := os.Mkdir(s.path(""), 0o700); err != nil {
		t.Fatal(err)
	}
	s.index = ""
	s.put("_.StatDoc.3", 0, "StatDoc", "7f", described(7, "n_pipe", "other"))
	s.put("_.Stat.3", 0, "Stat", "MAIN", counted(7, 2, 8))
	s.hold(c, map[string]int{"MAIN.n_pipe": 2}, all...)
	if err := os.RemoveAll(s.dir); err != nil {
		t.Fatal(err)
	}
	s.hold(c, map[string]int{}, all...)
}

// What is not as it should be is nothing, or an error, and never more.
func TestCountersThatAreDamaged(t *testing.T) {
	good := counted(7, 1, 3)
	far := counted(7, 1)
	binary.NativeEndian.PutUint64(far[headSize-2*size:], 1<<40)
	for name, one := range map[string]struct {
		about, counters []byte
		spoil           func(s *shared) error
		refused         bool
	}{
		"not ready":                       {described(7, "n_pipe"), withHead(0, 7, make([]byte, 8)), nil, false},
		"another description":             {described(8, "n_pipe"), good, nil, false},
		"no such counter":                 {described(7, "n_pope"), good, nil, false},
		"past the end":                    {described(7, "a", "b", "n_pipe"), good, nil, false},
		"a description that is cut off":   {described(7, "n_pipe")[:headSize+20], good, nil, true},
		"a description that is not ready": {withHead(0, 7, nil), good, nil, false},
		"begins past the end":             {described(7, "n_pipe"), far, nil, true},
		"too small":                       {described(7, "n_pipe"), good[:4], nil, true},
		"cut off":                         {described(7, "n_pipe"), good, func(s *shared) error { return os.Truncate(s.path("_.Stat.1"), 8) }, false},
		"gone":                            {described(7, "n_pipe"), good, func(s *shared) error { return os.Remove(s.path("_.Stat.1")) }, false},
		"a pipe that nobody writes to": {described(7, "n_pipe"), good, func(s *shared) error {
			return errors.Join(os.Remove(s.path("_.Stat.1")), syscall.Mkfifo(s.path("_.Stat.1"), 0o600))
		}, false},
		"outside": {described(7, "n_pipe"), good, func(s *shared) error {
			return errors.Join(os.Remove(s.path("_.Stat.1")), os.Symlink("/etc/passwd", s.path("_.Stat.1")))
		}, true},
		"an index that is a directory": {described(7, "n_pipe"), good, func(s *shared) error {
			return errors.Join(os.Remove(s.path("_.index")), os.Mkdir(s.path("_.index"), 0o700))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := share(t)
			s.put("_.StatDoc.1", 0, "StatDoc", "7f", one.about)
			s.put("_.Stat.1", 0, "Stat", "MAIN", one.counters)
			if one.spoil != nil {
				if err := one.spoil(s); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := CountersOf(s.dir).Read("MAIN.n_pipe"); len(got) > 0 || (err != nil) != one.refused {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}
