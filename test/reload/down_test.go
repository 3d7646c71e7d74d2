package reload

import (
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"

	"edgegen/internal/api"
	"edgegen/test/edge"
	"edgegen/test/load"
	"edgegen/test/port"
)

// broken ends a daemon and has it not come up again, and waits until the builtin
// tier serves.
func broken(t *testing.T, e *edge.Edge, role, program string, mark edge.Mark) {
	t.Helper()
	e.Set(mark)
	kill(t, e, program, syscall.SIGKILL)
	e.Until("the builtin tier serves", edge.Patience, func(s api.Status) bool {
		return s.State == "degraded" && edge.Tier(s, role).Engine == "builtin"
	})
}

// TestR1RefusedWhileDown: what a daemon would refuse is refused though it is
// down and another tier serves in its place.
func TestR1RefusedWhileDown(t *testing.T) {
	t.Parallel()
	h := edge.NewHome(t, edge.Native)
	h.Wrap()
	h.Set(edge.NginxPicky)
	h.Write("public/no-socket", "")
	app := load.StartApp(t, "app")
	good := plain(app, "", `"127.0.0.1:0"`)
	h.Write("site.hcl", good)
	e := h.Run()
	for _, c := range []struct {
		role, program     string
		mark              edge.Mark
		wanted, spoilt    string
		lifetime, another string // the next good one
	}{
		{"web", "nginx", edge.NginxBroken, `route "/" {`, "route \"/old\" {\n    redirect { to = \"/X-Refused\" }\n  }\n  route \"/\" {",
			"websocket = true", "websocket = true\n    cache {\n      ttl = \"1m\"\n    }"},
		{"cache", "varnishd", edge.VarnishBroken, `servers = ["`, `servers = ["unix:` + h.Path("public/no-socket") + `", "`,
			`"1m"`, `"2m"`},
	} {
		broken(t, e, c.role, c.program, c.mark)
		h.Write("site.hcl", strings.Replace(good, c.wanted, c.spoilt, 1))
		if result := e.Reload(); result.Code != 1 || !strings.Contains(result.Err, "refuse") {
			t.Errorf("%s: reload exits with %d: %s", c.role, result.Code, result.Err)
		}
		asked(t, e, "after the refusal")
		good = strings.Replace(good, c.lifetime, c.another, 1)
		h.Write("site.hcl", good)
		if result := e.Reload(); result.Code != 0 {
			t.Errorf("%s: the next reload exits with %d: %s", c.role, result.Code, result.Err)
		}
		asked(t, e, "after the next reload")
		e.Clear(c.mark)
		e.Until("all is well again", edge.Patience, ready)
		asked(t, e, "afterwards")
	}
	e.Stop()
}

// TestP3TakeoverDuringReload: while a reload waits for an app, a daemon that
// does not come up is stood in for.
func TestP3TakeoverDuringReload(t *testing.T) {
	t.Parallel()
	h := edge.NewHome(t, edge.Native)
	h.Wrap()
	app := load.StartApp(t, "app")
	good := plain(app, "", `"127.0.0.1:0"`)
	h.Write("site.hcl", good)
	e := h.Run("--app-timeout", "10m")
	h.Write("site.hcl", withLate(good, "unix:late.sock", "touch started; while ! [ -e give-up ]; do sleep 0.1; done"))
	answered := make(chan edge.Result, 1)
	go func() { answered <- e.Reload() }()
	e.AwaitFile("started")
	broken(t, e, "web", "nginx", edge.NginxBroken)
	asked(t, e, "while the reload waits")
	select {
	case result := <-answered:
		t.Errorf("reload did not wait; it exits with %d: %s", result.Code, result.Err)
	default:
	}
	h.Write("give-up", "")
	h.Write("site.hcl", good)
	if result := <-answered; result.Code != 1 || !strings.Contains(result.Err, "late") {
		t.Errorf("reload exits with %d: %s", result.Code, result.Err)
	}
	e.Clear(edge.NginxBroken)
	e.Until("all is well again", edge.Patience, ready)
	asked(t, e, "afterwards")
	e.Stop()
}

// TestP3VarnishGoesDuringReload: what was staged in a varnishd that has gone
// since, for good, is no obstacle to the reload.
func TestP3VarnishGoesDuringReload(t *testing.T) {
	t.Parallel()
	h := edge.NewHome(t, edge.Native)
	h.Wrap()
	good := plain(load.StartApp(t, "app"), "", `"127.0.0.1:0"`)
	h.Write("site.hcl", good)
	e := h.Run("--app-timeout", "10m")
	address := port.Free(t)
	h.Write("site.hcl", withLate(good, address, "touch started; exec sleep 600"))
	answered := make(chan edge.Result, 1)
	go func() { answered <- e.Reload() }()
	e.AwaitFile("started")
	broken(t, e, "cache", "varnishd", edge.VarnishBroken)
	late, err := net.Listen("tcp", address) // in place of the app
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	if result := <-answered; result.Code != 0 {
		t.Errorf("reload exits with %d: %s", result.Code, result.Err)
	}
	asked(t, e, "after the reload")
	e.Clear(edge.VarnishBroken)
	e.Until("all is well again", edge.Patience, ready)
	asked(t, e, "afterwards")
	e.Stop()
}

// TestStopTwiceDuringReload: a second signal ends the edge at once though a
// reload waits for an app that does not end.
func TestStopTwiceDuringReload(t *testing.T) {
	t.Parallel()
	h := edge.NewHome(t, edge.BuiltIn)
	app := load.StartApp(t, "app")
	own := port.Free(t)
	site := func(serial string) string {
		text := strings.Replace(plain(app, "", `"127.0.0.1:0"`), app.Address, own, 1)
		text = strings.Replace(text, `drain = "2s"`, `drain = "10m"`, 1)
		return strings.Replace(text, `backend "app" {`, `backend "app" {
    command = ["sh", "-c", "trap ': >asked' TERM; : >started; while :; do sleep 0.1; done"]
    env     = { SERIAL = "`+serial+`" }
    `, 1)
	}
	h.Write("site.hcl", strings.Replace(site("1"), `] }`, "]\n}", 1))
	e := h.Up()
	e.AwaitFile("started")
	late, err := net.Listen("tcp", own) // in place of the app
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	e.Ready()
	h.Write("site.hcl", strings.Replace(site("2"), `] }`, "]\n}", 1))
	e.Signal(syscall.SIGHUP)
	e.AwaitFile("asked")
	e.Signal(syscall.SIGTERM)
	e.Says("stopping")
	e.Signal(syscall.SIGTERM)
	if code := e.Ends(); code != 0 && code != 1 {
		t.Errorf("exit code %d", code)
	}
}

// TestStoppedWorker: a worker or child that a signal has stopped is replaced,
// though others answer in its place.
func TestStoppedWorker(t *testing.T) {
	t.Parallel()
	h := edge.NewHome(t, edge.Native)
	app := load.StartApp(t, "app")
	h.Write("site.hcl", plain(app, "", `"127.0.0.1:0"`))
	e := h.Run()
	for _, name := range []string{"nginx", "cache-main"} {
		family := e.Family()
		at := slices.IndexFunc(family, func(p edge.Process) bool { return p.Name == name && p.Parent != e.PID() })
		if at < 0 {
			t.Fatalf("there is no %s among %v", name, family)
		}
		if err := family[at].Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		await(t, "the stopped one has been ended", func() bool { return !family[at].Alive() })
		e.Until("all is well again", edge.Patience, ready)
		asked(t, e, name+" was stopped: afterwards")
	}
	e.Stop()
}

// TestStartVCLRefused: what varnish refuses at a start is told at once, at its
// line.
func TestStartVCLRefused(t *testing.T) {
	t.Parallel()
	h := edge.NewHome(t, edge.Native)
	h.Write("no-socket", "")
	h.Write("site.hcl", plain(&load.App{Address: "unix:" + h.Path("no-socket")}, "", `"127.0.0.1:0"`))
	e := h.Up()
	if code := e.Ends(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if said := e.Err.Text(); !strings.Contains(said, "Not a socket") || !strings.Contains(said, "site.hcl:") {
		t.Errorf("it says %s", said)
	}
}

// TestP3NoCompiler: a varnishd whose C compiler does not work is stood in for
// from the start, and serves when it works.
func TestP3NoCompiler(t *testing.T) {
	t.Parallel()
	h := edge.NewHome(t, edge.Native)
	h.Wrap()
	h.Set(edge.CompilerRefuses)
	h.Write("site.hcl", plain(load.StartApp(t, "app"), "", `"127.0.0.1:0"`))
	e := h.Up()
	e.Says("https://") // the address, which comes last
	status := e.Status()
	if cache := edge.Tier(status, "cache"); status.State != "degraded" || cache.Engine != "builtin" || !strings.Contains(cache.Reason, "compiler") {
		t.Errorf("the edge is %s, the cache tier %+v", status.State, cache)
	}
	asked(t, e, "without a compiler")
	h.Clear(edge.CompilerRefuses)
	e.Until("varnishd serves", edge.Patience, ready)
	asked(t, e, "with one")
	e.Stop()
}
