package control

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"edgegen/internal/certificate"
	"edgegen/internal/config"
	"edgegen/internal/render"
	"edgegen/internal/site"
)

// lastGoodDir keeps what was served last: the model and the certificates.
func lastGoodDir(stateDir string) string { return filepath.Join(stateDir, "last-good") }

const modelFile = "edge.json"

// certificateFile names a site's file; a host may be too long for a name.
func certificateFile(s *site.Site) string {
	return fmt.Sprintf("pem/%x.pem", sha256.Sum256([]byte(s.Host)))
}

// keepLastGood stores a generation that serves, for a start at which the site's
// files are refused. Nobody waits for the disk.
func (e *Edge) keepLastGood(g *generation) {
	e.later.Go(func() {
		e.keeping.Lock()
		defer e.keeping.Unlock()
		if e.serving() != g {
			return // a later one is on its way
		}
		if err := storeLastGood(lastGoodDir(e.state.dir), g); err != nil {
			e.options.Log.Warn("keep the last good configuration", "error", err)
		}
	})
}

// storeLastGood puts a generation in place of the one that is stored.
func storeLastGood(dir string, g *generation) error {
	model, err := json.Marshal(g.loaded.Edge)
	if err != nil {
		return err
	}
	files := []render.File{{Name: modelFile, Data: model, Mode: 0o600}}
	for i := range g.pairs {
		if s := &g.loaded.Edge.Sites[i]; !s.TLS.SelfSigned {
			files = append(files, render.File{Name: certificateFile(s), Data: g.pairs[i].PEM, Mode: 0o600})
		}
	}
	return replaceWhole(dir, files)
}

// upLastGood runs what was served last in place of a site that is refused.
func upLastGood(ctx, hurry context.Context, o Options, s *state, from *source, refusal error) error {
	loaded, err := loadLastGood(lastGoodDir(s.dir))
	if errors.Is(err, os.ErrNotExist) {
		o.Log.Error("--last-good: nothing has been served from this state directory yet", "state-dir", s.dir)
		return refusal
	}
	if err != nil {
		return errors.Join(refusal, fmt.Errorf("--last-good: %w", err))
	}
	if refused := (*Refused)(nil); errors.As(refusal, &refused) {
		o.Warn(refused.Diagnostics)
	}
	o.Log.Error("THE SITE IS REFUSED: serving the last good configuration instead, not what the file says", "site", o.Site)
	return upWith(ctx, hurry, o, s, from, &ReloadStatus{At: time.Now(), Error: refusal.Error()}, loaded, nil)
}

func loadLastGood(dir string) (*config.Loaded, error) {
	dir, err := filepath.EvalSymlinks(filepath.Join(dir, currentLink))
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(dir, modelFile))
	if err != nil {
		return nil, err
	}
	edge := &site.Edge{}
	if err := json.Unmarshal(text, edge); err != nil {
		return nil, fmt.Errorf("read %s: %w", modelFile, err)
	}
	pairs := make([]certificate.Pair, len(edge.Sites))
	for i := range edge.Sites {
		if edge.Sites[i].TLS.SelfSigned {
			continue
		}
		file := filepath.Join(dir, certificateFile(&edge.Sites[i]))
		if pairs[i], err = certificate.Load(file, file); err != nil {
			return nil, err
		}
	}
	return config.Restored(edge, pairs), nil
}
