package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"edgegen/internal/config"
	"edgegen/internal/explain"
	"edgegen/internal/generation"
	"edgegen/internal/history"
	"edgegen/internal/site"
	"edgegen/internal/statedir"
)

// pastSite is a site of which a line of the access log is to be explained: as its files are
// now, and as it was served lately.
type pastSite struct {
	path    string     // absolute
	edge    *site.Edge // as it is now, or as it was served last where it is refused
	present *explain.Explainer
	meaning string         // of the present one; "" where it is refused
	kept    []history.Kept // the oldest first
}

// explainLine explains a line of the access log, under the generation that served it
// where that is kept.
func (s streams) explainLine(ctx context.Context, path string, selection generation.Selection, flags explainFlags) error {
	past, err := s.pastSite(ctx, path, selection, flags)
	if err != nil {
		return s.refusal(err, flags.asJSON)
	}
	log := past.edge.Log
	if !filepath.IsAbs(log.Access) {
		return fmt.Errorf("--id: log.access is %q, and only a file can be searched: write access = \"/var/log/edgegen.log\" in edge { log }", log.Access)
	}
	if log.Fields != nil && !slices.Contains(log.Fields, "id") {
		return errors.New(`--id: the lines of the access log have no id: add "id" to log.fields, or leave fields out`)
	}
	line, err := explain.FindID(log.Access, flags.id)
	if err != nil {
		return err
	}
	explanation, err := past.explain(line)
	if err != nil {
		return err
	}
	return s.showExplanation(explanation, flags.asJSON)
}

// pastSite reads the site, and lists what is kept of it. A site that is refused now may
// have been served before.
func (s streams) pastSite(ctx context.Context, path string, selection generation.Selection, flags explainFlags) (*pastSite, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("find the site: %w", err)
	}
	past := &pastSite{path: absolute}
	if past.kept, err = history.List(history.Dir(flags.stateDir)); err != nil {
		return nil, fmt.Errorf("list the kept generations: %w", err)
	}
	explainer, p, err := s.explainer(ctx, path, selection, flags.siteFlags, nil)
	if err == nil {
		past.present, past.edge, past.meaning = explainer, p.Loaded.Edge, history.Meaning(p.Loaded.Edge, p.Engines)
		return past, nil
	}
	if len(past.kept) == 0 {
		return nil, err
	}
	last, problem := past.kept[len(past.kept)-1].Load()
	if problem != nil || last.Site != absolute {
		return nil, err
	}
	past.edge = last.Edge
	return past, nil
}

// explain explains a line. If one generation followed another just when the request came,
// the right one is that by which the request takes the way that the line tells.
func (p *pastSite) explain(line explain.LogLine) (*explain.Explanation, error) {
	requests, err := explain.AskedIn(line)
	if err != nil {
		return nil, err
	}
	when, precision, timed := line.Time()
	var first *explain.Explanation
	if timed {
		candidates := history.At(p.kept, when, precision)
		for i, k := range candidates {
			explainer, hides, err := p.under(k)
			if errors.Is(err, errOtherSite) {
				continue
			}
			if err != nil {
				return nil, err
			}
			found := explainer.Likeliest(requests, line)
			found.Generation = &explain.Generation{Number: k.Number, Since: k.Began, Hides: hides, Present: k.Meaning == p.meaning}
			if !k.Until.IsZero() {
				found.Generation.Until = &k.Until
			}
			if other := candidates[(i+1)%len(candidates)]; len(candidates) > 1 {
				found.Generation.Or = other.Number
			}
			if !found.Live.Differs {
				return found, nil
			}
			if first == nil {
				first = found
			}
		}
	}
	switch {
	case first != nil:
		return first, nil
	case p.present == nil:
		return nil, fmt.Errorf("--id: the generation that served the request is no longer kept, and the site as it is now is refused: edgegen validate %s says why", p.path)
	}
	found := p.present.Likeliest(requests, line)
	found.Generation = &explain.Generation{Present: true, Gone: true, Untimed: !timed}
	if len(p.kept) > 0 {
		found.Generation.Since = p.kept[0].Began
	}
	return found, nil
}

// errOtherSite is about a generation of another site, which used the state directory
// earlier.
var errOtherSite = errors.New("it was another site's")

// under explains by a kept generation.
func (p *pastSite) under(k history.Kept) (explainer *explain.Explainer, hides bool, err error) {
	if p.present != nil && k.Meaning == p.meaning {
		return p.present, false, nil
	}
	g, err := k.Load()
	if err != nil {
		return nil, false, err
	}
	if g.Site != p.path {
		return nil, false, errOtherSite
	}
	who := statedir.FindUser(g.Edge, &config.Findings{Loaded: config.Restored(g.Edge, nil)})
	explainer, err = explainerFor(explain.Site{Edge: g.Edge, Engines: g.Engines, Private: g.Private}, g.Site, who)
	if err != nil {
		return nil, false, fmt.Errorf("explain as generation %d of %s did: %w", g.Number, k.Began.UTC().Format("2006-01-02 15:04:05"), err)
	}
	return explainer, g.Hides, nil
}
