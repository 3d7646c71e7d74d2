package lastgood

import (
	"encoding/json"
	"fmt"
	"os"

	"edgegen/internal/certificate"
	"edgegen/internal/generation"
	"edgegen/internal/site"
)

const pairsFile = "certificates.json"

// storedPairs is what pairsFile holds: the certificates with their keys, each once, and
// for each site which of them are its own, in their order. It is one file, however many
// there are: to write ten thousand took seconds, while the edge had begun to serve.
type storedPairs struct {
	PEM []string
	Of  [][]int
}

func pairsOf(g *generation.Generation) storedPairs {
	stored, places := storedPairs{}, map[string]int{}
	for i := range g.Pairs {
		var own []int
		for n := range g.Loaded.Edge.Sites[i].TLS.Certificates {
			text := string(g.Pairs[i][n].PEM)
			if _, ok := places[text]; !ok {
				places[text] = len(stored.PEM)
				stored.PEM = append(stored.PEM, text)
			}
			own = append(own, places[text])
		}
		stored.Of = append(stored.Of, own)
	}
	return stored
}

// readPairs returns the certificates of the sites, as they were stored.
func readPairs(file string, edge *site.Edge) ([][]certificate.Pair, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var stored storedPairs
	if err := json.Unmarshal(text, &stored); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	known := make([]certificate.Pair, len(stored.PEM))
	for i, text := range stored.PEM {
		if known[i], err = certificate.Parse(file, []byte(text)); err != nil {
			return nil, err
		}
	}
	pairs := make([][]certificate.Pair, len(edge.Sites))
	for i := range edge.Sites {
		if i >= len(stored.Of) || len(stored.Of[i]) != len(edge.Sites[i].TLS.Certificates) {
			return nil, fmt.Errorf("%s has not the certificates of %s", file, edge.Sites[i].Host)
		}
		for _, place := range stored.Of[i] {
			if place < 0 || place >= len(known) {
				return nil, fmt.Errorf("%s has not the certificates of %s", file, edge.Sites[i].Host)
			}
			pairs[i] = append(pairs[i], known[place])
		}
	}
	return pairs, nil
}
