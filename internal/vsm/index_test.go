package vsm

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestIndex(t *testing.T) {
	log := piece{file: "_.Log.2", size: 9, class: "Log", name: "Log"}
	stat := piece{file: "_.Stat.1", offset: 16, size: 64, class: "Stat", name: "MAIN"}
	bare := log
	bare.name = ""
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, childDir), 0o700); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	var x index
	hold := func(text string, want ...piece) {
		t.Helper()
		if got, err := x.read(root); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	hold("there is none")
	for _, c := range []struct {
		text string
		want []piece
	}{
		{"# 1 2\n+ _.Log.1 0 7 Log Log\n- _.Log.1 0 7 Log Log\n+ _.Log.2 0 9 Log Log\n", []piece{log}},
		{"# 1 2\n_.Stat.1 16 64 Stat MAIN\n_.Log.2 0 9 Log \n", []piece{stat, bare}}, // of version 6
		{"# 1 2\n+ _.Log.1 0 7 Log Log\n- _.Log.1 0 7 Log Log\n", nil},
		{"# 1 2 3 4 5\n- _.Log.2 0 9 Log Log\n+ _.Stat.1 16 64 Stat MAIN\n+ _.VSC_cluster.1 0 4096  \n+ _.Log.2 0 9 Log Log", []piece{stat, log}},
		{"+\n-\n\n+ x\nLog", nil},
		{"", nil},
	} {
		writeIndex(t, dir, c.text)
		hold(c.text, c.want...)
		hold(c.text+" again", c.want...)
	}

	// varnishd adds lines to it.
	writeIndex(t, dir, "+ _.Log.2 0 9 Log Log\n")
	hold("before", log)
	file, err := os.OpenFile(filepath.Join(dir, childDir, "_.index"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString("+ _.Stat.1 16 64 Stat MAIN\n"); err != nil {
		t.Fatal(err)
	}
	hold("behind", log, stat)
	if err := os.RemoveAll(filepath.Join(dir, childDir)); err != nil {
		t.Fatal(err)
	}
	hold("the child has gone")
}
