package history

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"edgegen/internal/site"
)

func at(second float64) time.Time { return time.UnixMicro(int64(second * 1e6)) }

// TestAt holds which generations a request may have come under, by when it came.
func TestAt(t *testing.T) {
	all := []Kept{{Number: 1, Began: at(100), Settled: at(100)}, {Number: 2, Began: at(200), Settled: at(203)}, {Number: 3, Began: at(300), Settled: at(300.01)}}
	for _, c := range []struct {
		when, precision float64
		want            []int
	}{
		{99, 0.001, nil},
		{99.5, 1, []int{1}},
		{150, 0.001, []int{1}},
		{199.95, 0.001, []int{1, 2}},
		{200.5, 0.001, []int{2, 1}},
		{203.05, 0.001, []int{2, 1}},
		{203.2, 0.001, []int{2}},
		{250, 1, []int{2}},
		{299, 1, []int{2, 3}},
		{300, 1, []int{3, 2}},
		{301, 1, []int{3}},
		{999, 0.001, []int{3}},
	} {
		var got []int
		for _, k := range At(all, at(c.when), time.Duration(c.precision*1e9)) {
			got = append(got, k.Number)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("at %v: %v, not %v", c.when, got, c.want)
		}
	}
}

func model(host string) *site.Edge { return &site.Edge{Sites: []site.Site{{Host: host}}} }

// TestKeep holds what is kept, who may read it, and that nothing secret is in it.
func TestKeep(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "history")
	secret := model("a.test")
	secret.Secrets, secret.HealthPath = []string{"hunter2"}, "/hunter2"
	hide := func(text []byte) []byte { return bytes.ReplaceAll(text, []byte("hunter2"), []byte(site.Hidden)) }
	for i, edge := range []*site.Edge{secret, secret, model("b.test")} {
		g := Generation{Number: i + 1, Site: "/site.hcl", Engines: site.Engines{TLS: site.Stunnel}, Edge: edge}
		if err := Keep(dir, g, at(float64(i)), at(float64(i)), hide); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := List(dir)
	if err != nil || len(kept) != 2 || kept[0].Number != 1 || kept[1].Number != 3 {
		t.Fatalf("%+v %v", kept, err)
	}
	for _, k := range kept {
		info, err := os.Stat(k.path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", k.path, info.Mode(), err)
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	packed, err := os.Open(kept[0].path)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unpacked)
	if err != nil || strings.Contains(string(text), "hunter2") {
		t.Errorf("%s %v", text, err)
	}
	g, err := kept[0].Load()
	if err != nil || !g.Hides || g.Edge.HealthPath != "/"+site.Hidden || g.Engines.TLS != site.Stunnel || secret.Secrets == nil {
		t.Errorf("%+v %v", g, err)
	}
}

// TestForget holds the bounds of what is kept, and that what a killed edge has left goes.
func TestForget(t *testing.T) {
	for _, c := range []struct{ most, size, want int }{{4, 1000, 4}, {100, 35, 3}, {100, 1000, 6}} {
		dir := t.TempDir()
		left := filepath.Join(dir, ".1-1-1-x"+ending+".123")
		paths := []string{left}
		for i := range 6 {
			k := Kept{Number: i, Began: at(float64(i)), Settled: at(float64(i)), Meaning: "x"}
			paths = append(paths, filepath.Join(dir, k.name()))
		}
		for _, path := range paths {
			if err := os.WriteFile(path, make([]byte, 10), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := forget(dir, c.most, int64(c.size)); err != nil {
			t.Error(err)
		}
		kept, err := List(dir)
		if err != nil || len(kept) != c.want || kept[len(kept)-1].Number != 5 {
			t.Errorf("%d are kept, not %d: %v", len(kept), c.want, err)
		}
		if _, err := os.Stat(left); !os.IsNotExist(err) {
			t.Errorf("%v", err)
		}
	}
}
