// Package history keeps the models of the generations that an edge has served lately,
// so that a line of the access log can be explained under the one that it came under.
// Nothing secret is kept, and nobody but the edge's user reads it.
package history

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"edgegen/internal/atomicfile"
	"edgegen/internal/site"
)

// What is kept is bounded; the oldest generations are forgotten first.
const (
	Most     = 50       // generations
	MostSize = 32 << 20 // bytes, of all of them together
	// largest is what one may have when it is read, so that a file that somebody has put
	// there takes no more memory.
	largest = 1 << 30
)

// Generation is what is kept of one.
type Generation struct {
	Number  int
	Site    string // its path
	Version string // of edgegen
	Engines site.Engines
	Private site.Private
	Model   string     `json:"-"` // Edge.Meaning, where that is known already
	Edge    *site.Edge // without what is secret
	// Hides tells that something secret was left out of the model.
	Hides bool
}

// Meaning names what a model says where those engines serve.
func Meaning(edge *site.Edge, by site.Engines) string { return meaning(edge.Meaning(), by) }

func meaning(model string, by site.Engines) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %s %s", model, by.TLS, by.Cache, by.Web))
	return hex.EncodeToString(sum[:8])
}

// Dir is where a state directory has them.
func Dir(stateDir string) string { return filepath.Join(stateDir, "history") }

// Keep keeps a generation, unless it says what the latest one says. The tiers began to
// serve it at the one time, and from the other on nothing was begun under the one before.
// hide replaces what is secret in the strings of a JSON text.
func Keep(dir string, g Generation, began, settled time.Time, hide func([]byte) []byte) error {
	if g.Model == "" {
		g.Model = g.Edge.Meaning()
	}
	k := Kept{Number: g.Number, Began: began, Settled: settled, Meaning: meaning(g.Model, g.Engines)}
	kept, err := List(dir)
	if err == nil && len(kept) > 0 && kept[len(kept)-1].Meaning == k.Meaning {
		return nil
	}
	edge := *g.Edge
	g.Hides = len(edge.Secrets) > 0
	edge.Secrets = nil
	g.Edge = &edge
	text, err := json.Marshal(g)
	if err != nil {
		return fmt.Errorf("keep generation %d: %w", g.Number, err)
	}
	var packed bytes.Buffer
	writer, _ := gzip.NewWriterLevel(&packed, gzip.BestSpeed) // which is a level
	_, _ = writer.Write(hide(text))                           // a bytes.Buffer takes everything
	_ = writer.Close()
	if packed.Len() > MostSize {
		return fmt.Errorf("generation %d is not kept for explain --id: its model has %d bytes, and %d are the most", g.Number, packed.Len(), MostSize)
	}
	if err := atomicfile.MakePrivate(dir); err != nil {
		return err
	}
	if err := atomicfile.Write(filepath.Join(dir, k.name()), packed.Bytes(), 0o600); err != nil {
		return err
	}
	return forget(dir, Most, MostSize)
}

// forget removes the oldest ones that are too many.
func forget(dir string, most int, mostSize int64) error {
	kept, err := List(dir)
	problems := []error{err}
	unfinished, _ := filepath.Glob(filepath.Join(dir, ".*"+ending+".*")) // by an edge that was killed
	for _, path := range unfinished {
		problems = append(problems, os.Remove(path))
	}
	size := int64(0)
	for i, k := range slices.Backward(kept) {
		info, err := os.Stat(k.path)
		if err == nil {
			size += info.Size()
		}
		if len(kept)-i > most || size > mostSize {
			problems = append(problems, os.Remove(k.path))
		}
	}
	return errors.Join(problems...)
}

// Load reads what is kept of a generation.
func (k Kept) Load() (*Generation, error) {
	file, err := os.Open(k.path)
	if err != nil {
		return nil, fmt.Errorf("read a former generation: %w", err)
	}
	defer file.Close()
	g := &Generation{}
	unpacked, err := gzip.NewReader(file)
	if err == nil {
		err = json.NewDecoder(io.LimitReader(unpacked, largest)).Decode(g)
	}
	if err == nil && (g.Edge == nil || len(g.Edge.Sites) == 0) {
		err = errors.New("it holds no site")
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", k.path, err)
	}
	return g, nil
}

// List lists what is kept, the oldest first. A directory that is not there has nothing.
func List(dir string) (all []Kept, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	for _, entry := range entries {
		if k, ok := parse(entry.Name()); ok {
			k.path = filepath.Join(dir, entry.Name())
			all = append(all, k)
		}
	}
	slices.SortStableFunc(all, func(a, b Kept) int { return a.Began.Compare(b.Began) })
	return all, err
}

// ending is that of the files' names.
const ending = ".json.gz"

// name is a file's: when it began and had settled, its number, and its meaning.
func (k *Kept) name() string {
	return fmt.Sprintf("%d-%d-%d-%s%s", k.Began.UnixMicro(), k.Settled.UnixMicro(), k.Number, k.Meaning, ending)
}

func parse(name string) (k Kept, ok bool) {
	var began, settled int64
	bare, ok := strings.CutSuffix(name, ending)
	if n, err := fmt.Sscanf(bare, "%d-%d-%d-%s", &began, &settled, &k.Number, &k.Meaning); !ok || err != nil || n != 4 {
		return k, false
	}
	k.Began, k.Settled = time.UnixMicro(began), time.UnixMicro(settled)
	return k, true
}
