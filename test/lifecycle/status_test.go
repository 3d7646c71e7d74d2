package lifecycle

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"edgegen/test/edge"
)

// TestStatusShape holds what programs that read `status --json` rely on: these
// fields, no more and no fewer, each of its kind.
func TestStatusShape(t *testing.T) {
	t.Parallel()
	h := newHome(t, edge.Native)
	h.site(plan{})
	e := h.run()
	said := h.Verb("status", "--json")
	if said.Code != 0 || said.Err != "" {
		t.Fatalf("status: exit code %d, %q", said.Code, said.Err)
	}
	var whole any
	if err := json.Unmarshal([]byte(said.Out), &whole); err != nil {
		t.Fatalf("%v: %s", err, said.Out)
	}
	var got []string
	shape(whole, "", &got)
	slices.Sort(got)
	got = slices.Compact(got)
	want := strings.Fields(`
		backends[].name:string
		backends[].process.pid:number backends[].process.restarts:number backends[].process.state:string
		backends[].servers[]:string backends[].site:string
		connections.websockets:number generation:number last_reload:null pid:number site:string state:string
		tiers[].engine:string tiers[].listen[]:string tiers[].pid:number tiers[].reason:string
		tiers[].restarts:number tiers[].role:string tiers[].since:string tiers[].state:string tiers[].version:string
		uptime_s:number version:string`)
	if !slices.Equal(got, want) {
		t.Errorf("the status has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	s := h.status()
	for i, role := range []string{"tls", "cache", "web"} {
		if one := s.Tiers[i]; one.Role != role || one.State != "running" || one.Restarts != 0 || one.PID == 0 || one.Reason == "" || one.Version == "" {
			t.Errorf("tier %d is %+v", i, one)
		}
	}
	if s.PID != e.PID() || s.State != "ready" || s.Generation != 1 || s.Site != h.File {
		t.Errorf("the status is %+v", s)
	}

	// The same for a person, whose table has no escape sequences here.
	table := h.Verb("status")
	if table.Code != 0 || !strings.HasPrefix(table.Out, "ready, up ") || !strings.Contains(table.Out, "\ntls ") || strings.ContainsRune(table.Out, '\x1b') {
		t.Errorf("status: exit code %d\n%s", table.Code, table.Out)
	}
	e.Stop()
}

// shape lists the paths of all values with their kinds.
func shape(value any, path string, found *[]string) {
	kind := "null"
	switch v := value.(type) {
	case map[string]any:
		for name, below := range v {
			shape(below, strings.TrimPrefix(path+"."+name, "."), found)
		}
		return
	case []any:
		for _, below := range v {
			shape(below, path+"[]", found)
		}
		return
	case string:
		kind = "string"
	case float64:
		kind = "number"
	case bool:
		kind = "bool"
	}
	*found = append(*found, path+":"+kind)
}
