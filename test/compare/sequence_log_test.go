package compare

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"edgegen/test/edge"
)

// judgeLog holds that the lines of both are alike.
func (p *place) judgeLog(t *testing.T, pairs []pair) {
	lines := p.lines(pairs)
	for _, one := range pairs {
		a, b := lines[one.among], lines[one.only]
		if one.open {
			a, b = without(a, "bytes"), without(b, "bytes")
		}
		among := strings.ReplaceAll(fmt.Sprint(a), one.among, "MARK")
		if only := strings.ReplaceAll(fmt.Sprint(b), one.only, "MARK"); among != only {
			t.Errorf("%s\nthe log differs at %d:\n    in the sequence %s\n    alone           %s", one.sequence, one.number, among, only)
		}
	}
}

func without(lines []map[string]any, names ...string) []map[string]any {
	for _, line := range lines {
		for _, name := range names {
			delete(line, name)
		}
	}
	return lines
}

// lines waits until all marks are in the access log, and returns the lines of each.
func (p *place) lines(pairs []pair) map[string][]map[string]any {
	var all map[string][]map[string]any
	for deadline := time.Now().Add(3 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) { // between two looks
		all = p.logged()
		if !slices.ContainsFunc(pairs, func(one pair) bool { return len(all[one.among]) == 0 || len(all[one.only]) == 0 }) {
			break
		}
	}
	return all
}

// logged is what the access log says, by mark, without what is of chance.
func (p *place) logged() map[string][]map[string]any {
	all := map[string][]map[string]any{}
	p.labelled = map[string]float64{}
	text, err := os.ReadFile(p.Path("access.log"))
	if err != nil {
		return all // nothing is logged yet
	}
	for text := range strings.Lines(string(text)) {
		var line map[string]any
		if json.Unmarshal([]byte(text), &line) != nil {
			continue // it is being written
		}
		p.labelled[labelsOf(line)]++
		if line["user_agent"] == "prime" {
			continue
		}
		path, _ := line["path"].(string)
		_, mark, _ := strings.Cut(path, "?m=")
		for _, name := range []string{"time", "id", "duration_us", "upstream_us", "trace_id"} {
			delete(line, name)
		}
		all[mark] = append(all[mark], line)
	}
	return all
}

// labelsOf are the labels with which a line of the log is counted, but for the backend.
func labelsOf(line map[string]any) string {
	status, _ := line["status"].(float64)
	return fmt.Sprintf("cache=%q,route=%q,site=%q,status=\"%dxx\",tier=%q", line["cache"], line["route"], line["site"], int(status)/100, line["tier"])
}

// judgeCounts holds that the edge has counted each line of the log by what it says.
func (p *place) judgeCounts(t *testing.T) {
	var counted map[string]float64
	for deadline := time.Now().Add(3 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) { // between two looks
		p.logged()
		counted = map[string]float64{}
		for labels, n := range edge.RequestCounts(p.Metrics()) {
			_, rest, _ := strings.Cut(labels, ",") // the backend stands first
			counted[rest] += n
		}
		if maps.Equal(counted, p.labelled) {
			return
		}
	}
	t.Errorf("the log has %v, and counted are %v", p.labelled, counted)
}
