// Package lastgood keeps the configuration that served last, with its certificates, for a
// start at which the site is refused.
package lastgood

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/render"
	"edgegen/internal/site"
)

// Dir is the directory, below a state directory, of what served last: the model,
// templates of one's own, and the certificates.
func Dir(stateDir string) string { return filepath.Join(stateDir, "last-good") }

const modelFile = "edge.json"

// storedModel is what modelFile holds. Meaning is its name when it was stored. What was
// damaged, or was written by another version of edgegen with other fields, gets another
// name when it is read, and is not served.
type storedModel struct {
	Meaning   string
	Edge      *site.Edge
	Templates *render.Templates `json:",omitempty"` // nil where all are edgegen's
}

func (s *storedModel) name() string { return s.nameBy(s.Edge.Meaning()) }

func (s *storedModel) nameBy(name string) string {
	if s.Templates != nil {
		text, _ := json.Marshal(s.Templates) // strings and bytes
		name += fmt.Sprintf(" %x", sha256.Sum256(text))
	}
	return name
}

// Store puts a generation in place of the one that is stored.
func Store(dir string, g *generation.Generation) error {
	stored := storedModel{Edge: g.Loaded.Edge, Templates: g.Templates}
	stored.Meaning = stored.nameBy(g.Model)
	model, err := json.Marshal(stored)
	if err != nil {
		return err
	}
	pairs, err := json.Marshal(pairsOf(g))
	if err != nil {
		return err
	}
	return replaceWhole(dir, []render.File{{Name: modelFile, Data: model, Mode: 0o600}, {Name: pairsFile, Data: pairs, Mode: 0o600}})
}

// ErrNothingServed says that nothing has been stored in a directory yet.
var ErrNothingServed = errors.New("nothing has been served yet")

// Load returns what Store has put into a directory, or why that cannot be served again.
func Load(dir string) (*config.Loaded, *render.Templates, error) {
	current := filepath.Join(dir, currentLink)
	if _, err := os.Lstat(current); errors.Is(err, os.ErrNotExist) {
		return nil, nil, ErrNothingServed
	}
	dir, err := filepath.EvalSymlinks(current)
	if err != nil {
		return nil, nil, err
	}
	stored, err := readModel(filepath.Join(dir, modelFile))
	if err != nil {
		return nil, nil, err
	}
	edge := stored.Edge
	asWritten(edge)
	if edge.Plain() {
		return config.Restored(edge, nil), stored.Templates, nil
	}
	pairs, err := readPairs(filepath.Join(dir, pairsFile), edge)
	if err != nil {
		return nil, nil, err
	}
	return config.Restored(edge, pairs), stored.Templates, nil
}

// asWritten gives back the ports that the kernel chose at the time: somebody else
// may have them by now.
func asWritten(edge *site.Edge) {
	lists := [][]site.Listener{edge.HTTP, edge.HTTPS}
	if edge.Metrics != nil {
		lists = append(lists, edge.Metrics.Listen)
	}
	if edge.Cluster != nil {
		lists = append(lists, edge.Cluster.Listen)
	}
	for _, list := range lists {
		for i, l := range list {
			list[i] = l.AsWritten()
		}
	}
}

// readModel returns a model as it was stored. A file that holds anything else is
// an error.
func readModel(file string) (*storedModel, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var stored storedModel
	if err := json.Unmarshal(text, &stored); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	if stored.Edge == nil || stored.name() != stored.Meaning {
		return nil, fmt.Errorf("%s is damaged, or was written by another version of edgegen", file)
	}
	return &stored, nil
}
