package lifecycle

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"edgegen/internal/site"
	"edgegen/test/edge"
	"edgegen/test/load"
	"edgegen/test/port"
)

// TestPodEnds runs the edge as a pod of `edgegen export kubernetes` and ends it as a
// cluster does: by the preStop command, which load balancers see, and by SIGTERM when
// that has ended. Requests and WebSockets go on all the while, and none of them fails
// before the signal.
func TestPodEnds(t *testing.T) {
	t.Parallel()
	for _, engines := range []edge.Combination{edge.Native, edge.BuiltInTLS, edge.BuiltIn} {
		t.Run(engines.Name, func(t *testing.T) {
			t.Parallel()
			p := newPod(t, engines)
			p.start()
			clients := map[string]*load.Clients{}
			for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
				if http2 && engines.TLS != site.Builtin {
					continue
				}
				clients[name] = load.StartClients(load.ClientOptions{Address: p.https, Host: "edge.test", Count: 8, Pause: 50 * time.Millisecond, HTTP2: http2,
					Generations: load.NewGenerations(0), Expectation: load.Expectation{Pages: []load.Page{{Path: "/", Parts: []load.Part{load.Status(200)}}}}})
			}
			leaving := p.sockets(20)
			staying := p.sockets(5)

			begun := time.Now()
			stop := p.preStop()
			p.notReady()
			time.Sleep(3 * time.Second)
			still := leaving.Open()
			report := leaving.Stop()
			t.Logf("leaving: %d open, cuts %v", still, report.Cuts)
			err := stop.Wait()
			t.Logf("preStop took %v: %v, %s", time.Since(begun), err, stop.Stderr)
			signalled := time.Now()
			p.e.Signal(syscall.SIGTERM)
			code := p.e.Ends()
			t.Logf("ended with %d %v after the signal, %v in all; the Deployment gives %d s", code, time.Since(signalled), time.Since(begun), *p.spec.TerminationGracePeriodSeconds)
			for name, c := range clients {
				r := c.Stop()
				before, after := 0, 0
				for _, f := range r.Failed {
					if f.Begin.Before(signalled) {
						before++
						if before < 5 {
							t.Log(name, f.String())
						}
					} else {
						after++
						if after < 5 {
							t.Log("after", name, f.String())
						}
					}
				}
				t.Logf("%s: %d requests on %d connections, %d begun before the signal failed, %d after; wrong %v", name, r.Requests, r.Connections, before, after, r.Wrong)
			}
			r := staying.Stop()
			for _, f := range r.Cuts {
				t.Logf("cut %v after the signal", f.End.Sub(signalled))
			}
		})
	}
}

// A pod is an edge that runs as the exported Deployment says, but for where its files
// are.
type pod struct {
	*home
	https, metrics string
	spec           corev1.PodSpec
	e              *edge.Edge
}

func newPod(t *testing.T, engines edge.Combination) *pod {
	t.Helper()
	p := &pod{home: newHome(t, engines), https: port.Free(t), metrics: port.Free(t)}
	site := fmt.Sprintf(`edge {
  http  = []
  https = [%q]
  metrics { listen = %q }
  timeouts { drain = "2s" }
}

site "edge.test" {
  tls { self_signed = true }
  backend "app" { servers = [%q] }
  route "/" {
    backend   = "app"
    websocket = true
  }
}
`, p.https, p.metrics, load.StartApp(t, "app").Address)
	// A pod listens on all addresses. The test's edge stays on loopback.
	p.Write("site.hcl", strings.NewReplacer(p.https, ":"+portOf(p.https), p.metrics, ":"+portOf(p.metrics)).Replace(site))
	out, err := p.Command("export", "kubernetes", p.File, "--image", "edgegen").Output()
	if err != nil {
		t.Fatalf("%v: %s", err, err.(*exec.ExitError).Stderr)
	}
	for _, document := range bytes.Split(out, []byte("\n---\n")) {
		var d appsv1.Deployment
		if err := yaml.Unmarshal(document, &d); err == nil && d.Kind == "Deployment" {
			p.spec = d.Spec.Template.Spec
		}
	}
	p.Write("pod/etc/edgegen/site.hcl", site)
	for _, mount := range p.container().VolumeMounts {
		if err := os.MkdirAll(p.Path("pod"+mount.MountPath), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	p.State = p.here("/var/lib/edgegen/state")[0]
	return p
}

func portOf(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }

func (p *pod) container() corev1.Container { return p.spec.Containers[0] }

// here puts the pod's directories in front of paths that lie there.
func (p *pod) here(words ...string) []string {
	var all []string
	for _, word := range words {
		for _, mount := range p.container().VolumeMounts {
			if strings.HasPrefix(word, mount.MountPath) {
				word = p.Path("pod" + word)
				break
			}
		}
		all = append(all, word)
	}
	return all
}

// start runs the pod until its startup probe is content.
func (p *pod) start() {
	p.t.Helper()
	p.e = p.Start(func(c *exec.Cmd) {
		c.Args = append(append([]string{c.Args[0]}, p.here(p.container().Args...)...), "--engine", p.Argument())
	})
	p.e.Ready()
	for deadline := time.Now().Add(edge.Patience); !p.content(p.container().StartupProbe); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatal("the startup probe fails")
		}
	}
	if !p.content(p.container().LivenessProbe) || !p.content(p.container().ReadinessProbe) {
		p.t.Fatal("a probe fails of an edge that is ready")
	}
}

// content reports whether a probe succeeds.
func (p *pod) content(probe *corev1.Probe) bool {
	if probe.HTTPGet == nil || probe.HTTPGet.Port.String() != "metrics" {
		p.t.Fatalf("the probe is %+v", probe)
	}
	response, err := http.Get("http://" + p.metrics + probe.HTTPGet.Path)
	return err == nil && response.Body.Close() == nil && response.StatusCode < 400
}

// preStop runs what the cluster runs in the pod before it ends.
func (p *pod) preStop() *exec.Cmd {
	p.t.Helper()
	words := p.here(p.container().Lifecycle.PreStop.Exec.Command...)
	if words[0] != "edgegen" {
		p.t.Fatalf("preStop runs %q", words)
	}
	stop := p.Command(words[1:]...)
	stop.Stderr = &bytes.Buffer{}
	if err := stop.Start(); err != nil {
		p.t.Fatal(err)
	}
	return stop
}

// notReady waits until load balancers are told to send clients elsewhere. The edge is
// not to be killed for it.
func (p *pod) notReady() {
	p.t.Helper()
	for deadline := time.Now().Add(edge.Patience); p.content(p.container().ReadinessProbe); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatal("the edge goes on saying that it is ready")
		}
	}
	if !p.content(p.container().LivenessProbe) {
		p.t.Error("the liveness probe fails of an edge that drains")
	}
}

func (p *pod) sockets(count int) *load.Sockets {
	return load.OpenSockets(load.SocketOptions{Address: p.https, Host: "edge.test", Path: "/chat", Count: count, Pause: 50 * time.Millisecond})
}

var _, _ = context.Background, filepath.Join
