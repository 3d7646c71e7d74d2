package reload

import (
	"net"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/site"
	"edgegen/test/edge"
	"edgegen/test/load"
	"edgegen/test/port"
)

// refusal is a change that must be refused.
type refusal struct {
	name  string
	needs site.Engine // "" is any
	// spoil makes the next generation one to refuse, after it was written as a
	// good one.
	spoil func(t *testing.T, w *world, e *edge.Edge)
	// during runs while the reload does.
	during func(t *testing.T, w *world, e *edge.Edge)
	mend   func(t *testing.T, w *world, e *edge.Edge)
	says   string // an expression that what reload prints matches
	killed string // the tier one of whose processes the test kills or stops
	slow   bool   // it takes until edgegen gives up waiting
	early  bool   // it is found before a tier is asked, so the tiers' engines are all the same to it
}

// TestRefusal holds R1: whoever refuses a configuration, every tier goes on
// with the one before, what is on disk and what status says are as before,
// reload says why, and the next good one is taken, after several of them too.
func TestRefusal(t *testing.T) {
	t.Parallel()
	for _, c := range combinations() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c)
			w.Wrap()
			e := w.Run()
			for _, one := range refusals() {
				if one.needs != "" && !c.Has(one.needs) || one.slow && c != edge.Native && !*every || one.early && !pure(c) && !*every {
					continue
				}
				good := w.number
				w.refused(e, one)
				if t.Failed() {
					t.Fatalf("that was %q", one.name)
				}
				// The number of the refused one is used again.
				w.number = good
				if one.early && !*every {
					continue // the good one comes after the last of these
				}
				w.next()
				w.reload(e)
				w.serves(e, w.number)
				if t.Failed() {
					t.Fatalf("that was the reload after %q", one.name)
				}
			}
			e.Stop()
		})
	}
}

func (w *world) refused(e *edge.Edge, one refusal) {
	w.t.Helper()
	inForce := w.number
	before := w.take(e, one.killed)
	last := e.Status().LastReload
	// Whoever is there meanwhile must not notice, unless a process is killed.
	clients := load.StartClients(load.ClientOptions{Address: w.listener(e), Host: host, Count: 4, Retry: one.killed != "",
		Pause: paced(4, 40), Generations: w.generations, Expectation: w.expectation()})
	open := w.sockets(e, 5)

	w.next()
	if one.spoil != nil {
		one.spoil(w.t, w, e)
	}
	answered := make(chan edge.Result, 1)
	go func() { answered <- e.Reload() }()
	if one.during != nil {
		one.during(w.t, w, e)
	}
	result := <-answered
	if result.Code != 1 {
		w.t.Errorf("%s: reload exits with %d: %s%s", one.name, result.Code, result.Out, result.Err)
	}
	said := strings.ReplaceAll(result.Err, w.Dir, "HOME")
	w.t.Logf("%s: %s", one.name, said)
	if !regexp.MustCompile(one.says).MatchString(said) {
		w.t.Errorf("%s: it does not say %q", one.name, one.says)
	}
	if one.killed != "" {
		if one.mend != nil {
			one.mend(w.t, w, e)
		}
		e.Until("all is well again", edge.Patience, ready)
	}
	now := e.Status().LastReload
	if now == nil || now.OK || now.Error == "" || last != nil && !now.At.After(last.At) {
		w.t.Errorf("%s: the last reload is %+v", one.name, now)
	}
	w.serves(e, inForce)
	w.same(before, w.take(e, one.killed))
	w.calm(clients.Stop())
	if r := open.Stop(); one.killed == "" {
		few(w.t, "WebSockets closed", r.Cuts)
	}
	if one.killed == "" && one.mend != nil {
		one.mend(w.t, w, e)
	}
}

// refusals are asked one after the other of the same edge.
func refusals() []refusal {
	marked := func(name string, needs site.Engine, mark edge.Mark, says string) refusal {
		return refusal{name: name, needs: needs, says: says,
			spoil: func(_ *testing.T, w *world, _ *edge.Edge) { w.Set(mark) },
			mend:  func(_ *testing.T, w *world, _ *edge.Edge) { w.Clear(mark) }}
	}
	return []refusal{
		{name: "typo", early: true, says: `error: .*\n +--> HOME/site\.hcl:\d+`, spoil: func(_ *testing.T, w *world, _ *edge.Edge) {
			w.Replace("websocket = true", "websockett = true")
		}},
		{name: "no HCL", early: true, says: `error: .*\n +--> HOME/site\.hcl:\d+`, spoil: func(_ *testing.T, w *world, _ *edge.Edge) {
			w.Replace("route \"/ws\" {", "route \"/ws\" {{")
		}},
		{name: "the file is gone", early: true, says: `site\.hcl`, spoil: func(t *testing.T, w *world, _ *edge.Edge) {
			if err := os.Remove(w.File); err != nil {
				t.Error(err)
			}
		}},
		{name: "certificate expired", early: true, says: `(?i)expired`, spoil: func(t *testing.T, w *world, _ *edge.Edge) {
			w.writeCertificate(edge.NewCertificate(t, host, 1, -time.Hour))
		}},
		{name: "key of another certificate", early: true, says: `does not match`, spoil: func(t *testing.T, w *world, _ *edge.Edge) {
			w.Write("certs/server.key", edge.NewCertificate(t, host, 1, edge.Valid).Key)
		}},
		marked("the VCL does not compile", site.Varnish, edge.CompilerRefuses, `(?i)vcl|varnish`),
		{name: "varnish does not take a file for a socket", needs: site.Varnish, says: `(?is)socket.*HOME/site\.hcl:\d+`, spoil: func(_ *testing.T, w *world, _ *edge.Edge) {
			w.Replace(w.apps[w.number%2].Address, "unix:"+w.Path("public/hello.txt"))
		}},
		marked("nginx -t fails", site.Nginx, edge.NginxRefuses, `refused for a test`),
		portInUse(),
		varnishDies(),
		nginxIsDeaf(),
	}
}

func portInUse() refusal {
	var holder interface{ Close() error }
	return refusal{name: "port in use", says: `cannot listen on .*\n +--> HOME/site\.hcl:\d+`,
		spoil: func(t *testing.T, w *world, _ *edge.Edge) {
			listener, err := net.Listen("tcp", port.Free(t))
			if err != nil {
				t.Fatal(err)
			}
			holder = listener
			w.Replace(`https = [`, `https = ["`+listener.Addr().String()+`", `)
		},
		mend: func(t *testing.T, _ *world, _ *edge.Edge) {
			if err := holder.Close(); err != nil {
				t.Error(err)
			}
		}}
}

// varnishDies kills varnishd while it compiles what it is given.
func varnishDies() refusal {
	var victim edge.Process
	return refusal{name: "varnishd dies meanwhile", needs: site.Varnish, says: `(?i)varnish`, killed: "cache",
		spoil: func(_ *testing.T, w *world, _ *edge.Edge) { w.Clear(edge.CompilerHeld); w.Set(edge.CompilerHolds) },
		during: func(t *testing.T, w *world, e *edge.Edge) {
			await(t, "the compiler is at work", func() bool { return w.IsSet(edge.CompilerHeld) })
			victim = kill(t, e, "varnishd", syscall.SIGKILL)
			w.Clear(edge.CompilerHolds)
		},
		mend: func(_ *testing.T, _ *world, e *edge.Edge) {
			e.Until("there is another varnishd", edge.Patience, func(s api.Status) bool {
				cache := edge.Tier(s, "cache")
				return cache.Engine == "varnish" && cache.State == "running" && cache.PID != victim.PID
			})
		}}
}

// nginxIsDeaf stops nginx's master, so that it takes no signal.
func nginxIsDeaf() refusal {
	var master edge.Process
	return refusal{name: "nginx is deaf", needs: site.Nginx, says: `(?i)nginx|web tier`, killed: "web", slow: true,
		spoil: func(t *testing.T, _ *world, e *edge.Edge) { master = kill(t, e, "nginx", syscall.SIGSTOP) },
		mend: func(t *testing.T, _ *world, _ *edge.Edge) {
			if err := master.Signal(syscall.SIGCONT); err != nil {
				t.Error(err)
			}
		}}
}

// kill sends a signal to a daemon that edgegen has started, not to its children.
func kill(t *testing.T, e *edge.Edge, name string, s syscall.Signal) edge.Process {
	t.Helper()
	for _, p := range e.Family() {
		if p.Parent == e.PID() && p.Name == name {
			if err := p.Signal(s); err != nil {
				t.Error(err)
			}
			return p
		}
	}
	t.Errorf("there is no %s", name)
	return edge.Process{}
}
