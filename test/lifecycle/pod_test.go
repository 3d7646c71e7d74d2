package lifecycle

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
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

// TestPodEnds runs the edge as a pod of `edgegen export kubernetes`, and ends it as a
// cluster does: by the preStop command, of which load balancers are told, and by SIGTERM
// when that has ended. Clients keep their connections and go on all the while. No
// request fails that found an edge to ask, and no WebSocket is closed before the signal.
func TestPodEnds(t *testing.T) {
	t.Parallel()
	for _, engines := range []edge.Combination{edge.Native, edge.BuiltInTLS, edge.BuiltIn} {
		t.Run(engines.Name, func(t *testing.T) {
			t.Parallel()
			p := newPod(t, engines)
			p.start()
			clients := map[string]*load.Clients{"HTTP/1.1": p.clients(false)}
			if engines.TLS == site.Builtin { // stunnel speaks no other version
				clients["HTTP/2"] = p.clients(true)
			}
			leaving, staying := p.sockets(20), p.sockets(5)

			begun := time.Now()
			stop := p.preStop()
			p.notReady()
			p.talks(leaving)
			few(t, "WebSockets were closed while load balancers were told", leaving.Stop().Cuts)
			err := stop.Wait()
			if failed := (*exec.ExitError)(nil); !errors.As(err, &failed) || failed.ExitCode() != 1 {
				t.Errorf("preStop ends with %v while WebSockets are open: %s", err, stop.Stderr)
			}
			p.talks(staying)
			signalled := time.Now()
			p.e.Signal(syscall.SIGTERM)
			if code := p.e.Ends(); code != 0 {
				t.Errorf("the edge ends with %d", code)
			}
			t.Logf("preStop took %v and the stop %v; the Deployment gives %d s", signalled.Sub(begun).Round(time.Millisecond),
				time.Since(signalled).Round(time.Millisecond), *p.spec.TerminationGracePeriodSeconds)
			for name, c := range clients {
				report := c.Stop()
				unconnected := len(report.Failed)
				report.Failed = unanswered(report.Failed, signalled)
				unconnected -= len(report.Failed)
				t.Logf("%s: %d requests on %d connections, %d of them once more; %d found no edge after the signal", name, report.Requests, report.Connections, report.Retried, unconnected)
				few(t, name+" requests failed", report.Failed)
				few(t, name+" answers were wrong", report.Wrong)
			}
			var early []load.Failure
			for _, cut := range staying.Stop().Cuts {
				if cut.End.Before(signalled) {
					early = append(early, cut)
				}
			}
			few(t, "WebSockets were closed before the signal", early)
		})
	}
}

// unanswered are the failures that are the edge's: all but those of clients that found
// nobody to connect to, after it was told to end.
func unanswered(failures []load.Failure, signalled time.Time) []load.Failure {
	var all []load.Failure
	for _, f := range failures {
		said := f.Err.Error()
		if f.End.Before(signalled) || !strings.Contains(said, "connect: ") && !strings.Contains(said, "TLS handshake: ") {
			all = append(all, f)
		}
	}
	return all
}

func few(t *testing.T, what string, failures []load.Failure) {
	t.Helper()
	if len(failures) > 0 {
		t.Errorf("%d %s, the first one %v", len(failures), what, failures[0])
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
	p.Write("site.hcl", strings.NewReplacer(p.https, p.https[len("127.0.0.1"):], p.metrics, p.metrics[len("127.0.0.1"):]).Replace(site))
	export := p.Command("export", "kubernetes", p.File, "--image", "edgegen")
	var said bytes.Buffer
	export.Stderr = &said
	out, err := export.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &said)
	}
	for _, document := range bytes.Split(out, []byte("\n---\n")) {
		var d appsv1.Deployment
		if err := yaml.Unmarshal(document, &d); err == nil && d.Kind == "Deployment" {
			p.spec = d.Spec.Template.Spec
		}
	}
	for _, mount := range p.container().VolumeMounts {
		if err := os.MkdirAll(p.here(mount.MountPath)[0], 0o755); err != nil {
			t.Fatal(err)
		}
	}
	p.Write("pod/etc/edgegen/site.hcl", site)
	p.State = p.here("/var/lib/edgegen/state")[0]
	return p
}

func (p *pod) container() corev1.Container { return p.spec.Containers[0] }

// here has paths of the pod's volumes lead below the home.
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

// start runs the pod until its probes are content.
func (p *pod) start() {
	p.t.Helper()
	p.e = p.Start(func(c *exec.Cmd) {
		c.Args = append(append([]string{c.Args[0]}, p.here(p.container().Args...)...), "--engine", p.Argument())
	})
	p.e.Ready()
	p.await("the startup probe succeeds", func() bool { return p.content(p.container().StartupProbe) })
	if !p.content(p.container().LivenessProbe) || !p.content(p.container().ReadinessProbe) {
		p.t.Fatal("a probe fails of an edge that is ready")
	}
}

// content reports whether a probe succeeds.
func (p *pod) content(probe *corev1.Probe) bool {
	p.t.Helper()
	if probe.HTTPGet == nil || probe.HTTPGet.Port.String() != "metrics" {
		p.t.Fatalf("the probe is %+v", probe)
	}
	response, err := http.Get("http://" + p.metrics + probe.HTTPGet.Path)
	return err == nil && response.Body.Close() == nil && response.StatusCode < 400
}

// preStop runs what the cluster runs in the pod before it ends it.
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

// notReady waits until load balancers are told to send clients elsewhere, for which the
// edge is not to be killed.
func (p *pod) notReady() {
	p.t.Helper()
	p.await("the readiness probe fails", func() bool { return !p.content(p.container().ReadinessProbe) })
	if !p.content(p.container().LivenessProbe) {
		p.t.Error("the liveness probe fails of an edge that drains")
	}
}

func (p *pod) clients(http2 bool) *load.Clients {
	pages := []load.Page{{Path: "/", Parts: []load.Part{load.Status(http.StatusOK)}}}
	return load.StartClients(load.ClientOptions{Address: p.https, Host: "edge.test", Count: 8, Pause: 50 * time.Millisecond,
		// A client that is told to ask no more may just have asked (RFC 9113, 6.8).
		HTTP2: http2, Retry: http2,
		Generations: load.NewGenerations(0), Expectation: load.Expectation{Pages: pages}})
}

func (p *pod) sockets(count int) *load.Sockets {
	return load.OpenSockets(load.SocketOptions{Address: p.https, Host: "edge.test", Path: "/chat", Count: count, Pause: 50 * time.Millisecond})
}

// talks waits until many more messages have come back.
func (p *pod) talks(s *load.Sockets) {
	p.t.Helper()
	messages := s.Messages()
	p.await("the WebSockets are used", func() bool { return s.Messages() >= messages+100 || s.Open() == 0 })
}

func (p *pod) await(what string, holds func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(edge.Patience); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("never: %s", what)
		}
	}
}
