package dataplane

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"testing"

	"edgegen/internal/site"
)

// mostHere is how many members are of one process: each has a connection to each other one, and
// the process has both ends of those among its own.
const mostHere = 50

// farVariable names the app for which the test's program is the other process of a cluster,
// and how many members that has there, and in all.
const farVariable = "EDGEGEN_TEST_FAR_MEMBERS"

// farMember is one of another process.
type farMember struct{ Name, HTTPS string }

// asMany is together with as many members as there are to be, of two processes where they
// are too many for one. Those of this process come first, and are the only ones with
// clusters.
func asMany(t *testing.T, model *site.Edge, count int) *party {
	t.Helper()
	if count <= mostHere {
		return together(t, model, count)
	}
	p := apart(t, model, mostHere, count)
	command := exec.Command(os.Args[0], "-test.run=^TestFarMembers$", "-test.v")
	server := model.Sites[0].Backends[0].Servers[0]
	command.Env = append(os.Environ(), fmt.Sprintf("%s=%s:%d %d %d", farVariable, server.Host, server.Port, count-mostHere, count))
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // which ends it
		_ = command.Wait()
	})
	said := bufio.NewReader(out)
	tell := func(into any) {
		t.Helper()
		for {
			line, err := said.ReadBytes('\n')
			if err != nil {
				t.Fatalf("the other process: %v", err)
			}
			if json.Unmarshal(line, into) == nil { // else it is of the test's own
				return
			}
		}
	}
	var far []farMember
	tell(&far)
	for _, m := range far {
		p.add(m.Name)
		p.edges = append(p.edges, &edge{https: m.HTTPS})
	}
	if err := json.NewEncoder(in).Encode(p.names); err != nil {
		t.Fatal(err)
	}
	p.meet(t)
	met := false
	tell(&met)
	return p
}

// TestFarMembers is no test: it is the members of another process, for asMany.
func TestFarMembers(t *testing.T) {
	var address string
	var count, all int
	if n, _ := fmt.Sscan(os.Getenv(farVariable), &address, &count, &all); n != 3 {
		return // nobody has asked for them
	}
	model := simple(t, address)
	model.Sites[0].Cache.Tags, model.Limits.Connections = "Cache-Tag", 5000 // as there
	p := apart(t, model, count, all)
	var far []farMember
	for i, e := range p.edges {
		far = append(far, farMember{p.names[i], e.https})
	}
	tell := func(what any) {
		t.Helper()
		if err := json.NewEncoder(os.Stdout).Encode(what); err != nil {
			t.Fatal(err)
		}
	}
	tell(far)
	in := bufio.NewReader(os.Stdin)
	line, err := in.ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	if err := json.Unmarshal(line, &names); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if !slices.Contains(p.names, name) {
			p.add(name)
		}
	}
	p.meet(t)
	tell(true)
	_, _ = in.ReadByte() // it ends with the other process
}
