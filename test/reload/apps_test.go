package reload

import (
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"edgegen/internal/api"
	"edgegen/test/edge"
	"edgegen/test/load"
	"edgegen/test/port"
)

// member is one backend of a site of several apps, with a route of its name.
type member struct {
	backend, address string
	serves           string // what its process calls itself; "" has no process
	env              string // more of it
}

func siteOf(t *testing.T, members ...member) string {
	t.Helper()
	itself, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	fmt.Fprintf(&text, `edge {
  http  = ["127.0.0.1:0"]
  https = ["127.0.0.1:0"]
  timeouts { drain = "20s" }
}

site %q {
  tls { self_signed = true }
`, host)
	for _, m := range members {
		command := ""
		if m.serves != "" {
			command = fmt.Sprintf("    command = [%q]\n    env     = { %s = %q, %s = %q%s }\n", itself, appVariable, m.address, appName, m.serves, m.env)
		}
		fmt.Fprintf(&text, "  backend %[1]q {\n    servers = [%[2]q]\n%[3]s  }\n  route \"/%[1]s\" {\n    backend   = %[1]q\n    websocket = true\n  }\n", m.backend, m.address, command)
	}
	text.WriteString("}\n")
	return text.String()
}

// TestAppsChangePlaces: whoever is to listen where another app does gets the
// address, and is the one that answers there; plan says what ends.
func TestAppsChangePlaces(t *testing.T) {
	t.Parallel()
	one, two := port.Free(t), port.Free(t)
	for _, test := range []struct {
		name          string
		before, after []member
		plan          string // of the apps, and the WebSockets to each that end
	}{
		{"another one takes the place", []member{{"a", one, "a", ""}}, []member{{"a", two, "a", ""}, {"b", one, "b", ""}},
			"a restart 2, b start 0"},
		{"two swap", []member{{"a", one, "a", ""}, {"b", two, "b", ""}}, []member{{"a", two, "a", ""}, {"b", one, "b", ""}},
			"a restart 2, b restart 2"},
		{"another name", []member{{"a", one, "x", ""}}, []member{{"b", one, "x", ""}}, "b nothing 0"},
		{"another name and another process", []member{{"a", one, "a", ""}}, []member{{"b", one, "b", ""}}, "b start 0, a stop 2"},
		{"one goes", []member{{"a", one, "a", ""}, {"b", two, "b", ""}}, []member{{"a", one, "a", ""}}, "a nothing 0, b stop 0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := edge.NewHome(t, edge.BuiltIn)
			h.Write("site.hcl", siteOf(t, test.before...))
			e := h.Run()
			for _, m := range test.before {
				open := load.OpenSockets(load.SocketOptions{Address: e.HTTPS(), Host: host, Path: "/" + m.backend, Count: 2, Pause: paced(2, 30)})
				defer open.Stop()
			}
			before := e.Status()
			h.Write("site.hcl", siteOf(t, test.after...))
			plan, _ := e.Plan()
			var told []string
			for _, app := range plan.Backends {
				told = append(told, fmt.Sprintf("%s %s %d", app.Name, app.Action, app.WebSockets))
			}
			if got := strings.Join(told, ", "); got != test.plan {
				t.Errorf("plan: %s\nwant: %s", got, test.plan)
			}
			if result := e.Reload(); result.Code != 0 {
				t.Fatalf("reload exits with %d: %s", result.Code, result.Err)
			}
			for _, m := range test.after {
				answer, _, err := load.Get(e.HTTPS(), host, "/"+m.backend)
				if want := load.Line(m.serves, "", "/"+m.backend); err != nil || answer.Body != want {
					t.Errorf("/%s: %q, %v, want %q", m.backend, answer.Body, err, want)
				}
			}
			after := e.Status()
			for _, b := range after.Backends {
				if b.Process.State != "running" || b.Process.Restarts != 0 {
					t.Errorf("%s is %+v", b.Name, b.Process)
				}
			}
			if test.name == "another name" && before.Backends[0].Process.PID != after.Backends[0].Process.PID {
				t.Error("it has another process")
			}
			e.Stop()
		})
	}
}

// TestAppIsLeft: an app that the site names no longer serves its WebSockets until
// they end, and has timeouts.drain to end in; one whose address somebody else is
// to have ends at once.
func TestAppIsLeft(t *testing.T) {
	t.Parallel()
	h := edge.NewHome(t, edge.BuiltIn)
	a := member{"a", port.Free(t), "a", ""}
	b := member{"b", port.Free(t), "b", fmt.Sprintf(", %s = %q", appFarewell, h.Path("farewell"))}
	c := member{"c", port.Free(t), "c", ""}
	h.Write("site.hcl", siteOf(t, a, b, c))
	e := h.Run()
	open := load.OpenSockets(load.SocketOptions{Address: e.HTTPS(), Host: host, Path: "/b", Count: 2, Pause: paced(2, 30)})
	byHand := c
	byHand.serves = ""
	h.Write("site.hcl", siteOf(t, a, byHand))
	if result := e.Reload(); result.Code != 0 {
		t.Fatalf("reload exits with %d: %s", result.Code, result.Err)
	}
	e.Until("one app is left", edge.Patience, func(s api.Status) bool { return s.Connections.OldApps == 1 })
	listener, err := net.Listen("tcp", c.address)
	if err != nil {
		t.Errorf("the address that was given up: %v", err)
	} else {
		defer listener.Close()
	}
	if open.Open() != 2 {
		t.Errorf("%d of 2 WebSockets are open", open.Open())
	}
	e.Stop()
	open.Stop()
	if _, err := os.Stat(h.Path("farewell")); err != nil {
		t.Errorf("it was not let end by itself: %v", err)
	}
}

// TestR2AppKeepsItsRequests: an answer that takes longer than timeouts.drain is
// complete though its app has been replaced.
func TestR2AppKeepsItsRequests(t *testing.T) {
	t.Parallel()
	for _, c := range []edge.Combination{edge.Native, edge.BuiltIn, edge.BuiltInTLS} {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			h := edge.NewHome(t, c)
			slow := fmt.Sprintf(", %s = %q", appRelease, h.Path("release"))
			brief := func(m member) string { return strings.Replace(siteOf(t, m), `drain = "20s"`, `drain = "100ms"`, 1) }
			h.Write("site.hcl", brief(member{"a", port.Free(t), "a", slow}))
			e := h.Run()
			answer := begin(t, e, "/a", "first\n")
			h.Write("site.hcl", brief(member{"a", port.Free(t), "b", ""}))
			if result := e.Reload(); result.Code != 0 {
				t.Errorf("reload exits with %d: %s", result.Code, result.Err)
			}
			for begun := time.Now(); time.Since(begun) < 3*time.Second; time.Sleep(200 * time.Millisecond) { // many times timeouts.drain
				e.Until("the old app goes on", edge.Patience, func(s api.Status) bool { return s.Connections.OldApps == 1 })
			}
			h.Write("release", "")
			if text, err := io.ReadAll(answer); string(text) != "last\n" || err != nil {
				t.Errorf("%q, %v", text, err)
			}
			e.Until("the old app has gone", edge.Patience, func(s api.Status) bool { return s.Connections.OldApps == 0 })
			e.Stop()
		})
	}
}

// TestAppAddressIsTaken: an app is refused at its line where somebody else
// listens, and nothing has ended.
func TestAppAddressIsTaken(t *testing.T) {
	t.Parallel()
	h := edge.NewHome(t, edge.BuiltIn)
	a := member{"a", port.Free(t), "a", ""}
	b := member{"b", load.StartApp(t, "stranger").Address, "b", ""}
	h.Write("site.hcl", siteOf(t, a))
	e := h.Run()
	before := e.Status().Backends
	h.Write("site.hcl", siteOf(t, a, b))
	result := e.Reload()
	if result.Code != 1 || !strings.Contains(result.Err, "the app b cannot be started: somebody listens already where it is to") ||
		!strings.Contains(result.Err, "site.hcl:") {
		t.Errorf("reload exits with %d: %s", result.Code, result.Err)
	}
	if after := e.Status().Backends; !slices.Equal(after[0].Servers, before[0].Servers) || *after[0].Process != *before[0].Process {
		t.Errorf("%+v became %+v", before, after)
	}
	e.Stop()
}
