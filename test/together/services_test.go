package together

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"

	"edgegen/internal/api"
	"edgegen/test/cluster"
	"edgegen/test/edge"
	"edgegen/test/port"
)

// Members are found by the EndpointSlices of a Service, with the rights that an export
// gives: pods that come and go are members at once and no longer. While the cluster does
// not answer, those known stay, and that is told.
func TestN6EndpointSlices(t *testing.T) {
	server := cluster.Start(t)
	machine, ok := port.Machine(t)
	if !ok {
		edge.Skip(t, "an address of the machine that is not on loopback, for members")
	}
	s := newServices(t, server)
	p := &party{t: t, app: startApp(t)}
	for _, c := range []edge.Combination{edge.BuiltIn, edge.Native, edge.BuiltInCache} {
		_, number, err := net.SplitHostPort(port.Free(t))
		if err != nil {
			t.Fatal(err)
		}
		p.names = append(p.names, net.JoinHostPort(machine, number))
		home := edge.NewHome(t, c)
		home.CompileAsUsersIn(edge.Native)
		p.homes = append(p.homes, home)
		p.write(len(p.homes)-1, []string{"kubernetes://web/edges-members"}, secret)
	}
	objects := s.exported(p.homes[0])
	s.slice(p.names[0], p.names[0])

	// Without the right to ask it answers alone, and says what is missing.
	first := s.run(p.homes[0])
	first.Until("the missing right is told", edge.Patience, func(s api.Status) bool {
		return len(s.Cluster.Found) == 1 && strings.Contains(s.Cluster.Found[0].Problem, "let the ServiceAccount list and watch endpointslices")
	})
	p.edges = append(p.edges, first)
	if status, text, _, err := get(client(first, "h1"), "/alone"); err != nil || text != "/alone 1" {
		t.Errorf("alone it answers with %d %q, %v", status, text, err)
	}
	s.apply(objects)
	p.settle(1)

	// Another pod is a member as soon as the cluster says so, and not before it does.
	p.edges = append(p.edges, s.run(p.homes[1]))
	p.edges[1].Until("the first member is found", edge.Patience, func(s api.Status) bool { return len(s.Cluster.Members) == 1 && s.Cluster.Members[0].State == "up" })
	s.slice(p.names[1], p.names[1])
	s.slice(p.names[2], p.names[2]) // which is not there yet
	p.settle(2)
	s.once(p, "/a")
	p.edges = append(p.edges, s.run(p.homes[2]))
	p.settle(3)
	s.once(p, "/b")
	for i, e := range p.edges {
		if f := e.Status().Cluster.Found; len(f) != 1 || f[0].By != "kubernetes://web/edges-members" || f[0].Members != 3 || f[0].Problem != "" {
			t.Errorf("edge %d has found %+v", i, f)
		}
	}
	if told := p.homes[0].Verb("status").Out; !strings.Contains(told, "found by kubernetes://web/edges-members: 3\n") {
		t.Errorf("status tells\n%s", told)
	}
	s.remove(p.names[2])
	for i, e := range p.edges {
		e.Until(fmt.Sprintf("edge %d has two members", i), edge.Patience, func(s api.Status) bool { return len(s.Cluster.Members) == 2 })
	}

	// Where the cluster is away the members stay, and a purge reaches them.
	if err := server.Kill(); err != nil {
		t.Error(err)
	}
	p.edges = p.edges[:2]
	p.edges[0].Until("it is told that the cluster is away", edge.Patience, func(s api.Status) bool {
		f := s.Cluster.Found
		return len(f) == 1 && f[0].Problem != "" && f[0].Members == 2 && len(s.Cluster.Members) == 2
	})
	if purged, err := p.edges[0].Purge(api.Purge{URL: host + "/a"}); err != nil || purged.Members != 1 || len(purged.Missed) > 0 {
		t.Errorf("the purge has reached %+v, %v", purged, err)
	}
	s.once(p, "/c")
}

// services are a cluster with the Service of members.
type services struct {
	t          *testing.T
	client     dynamic.Interface
	kubeconfig string // of the exported account
}

func newServices(t *testing.T, server *cluster.Server) *services {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", server.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1
	s := &services{t: t, kubeconfig: filepath.Join(t.TempDir(), "kubeconfig")}
	if s.client, err = dynamic.NewForConfig(config); err != nil {
		t.Fatal(err)
	}
	account, err := clientcmd.LoadFromFile(server.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range account.AuthInfos {
		user.Impersonate = "system:serviceaccount:web:edges"
	}
	if err := clientcmd.WriteToFile(*account, s.kubeconfig); err != nil {
		t.Fatal(err)
	}
	s.apply("{apiVersion: v1, kind: Namespace, metadata: {name: web}}")
	return s
}

// exported is what `edgegen export kubernetes` makes of a home's site, which listens in
// pods.
func (s *services) exported(h *edge.Home) string {
	s.t.Helper()
	text, err := os.ReadFile(h.File)
	if err != nil {
		s.t.Fatal(err)
	}
	site := strings.NewReplacer(`http  = ["127.0.0.1:0"]`, `http = [":8080"]`, `https = ["127.0.0.1:0"]`, `https = [":8443"]`).Replace(string(text))
	h.Write("pods/site.hcl", site)
	out, err := exec.Command(edge.Program("edgegen"), "export", "kubernetes", h.Path("pods/site.hcl"), "--name", "edges").Output()
	if err != nil {
		s.t.Fatal(err)
	}
	return string(out)
}

// run starts an edge with the exported account.
func (s *services) run(h *edge.Home) *edge.Edge {
	s.t.Helper()
	e := h.Start(func(c *exec.Cmd) {
		c.Args = append(c.Args, "--engine", h.Argument())
		c.Env = append(c.Env, "KUBECONFIG="+s.kubeconfig)
	})
	e.Ready()
	return e
}

// apply makes objects as a text of YAML says.
func (s *services) apply(text string) {
	s.t.Helper()
	for document := range strings.SplitSeq("\n"+text, "\n---") {
		o := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &o.Object); err != nil {
			s.t.Fatalf("%v in\n%s", err, document)
		}
		if len(o.Object) == 0 {
			continue
		}
		content, err := yaml.Marshal(o.Object)
		if err == nil {
			plural, _ := meta.UnsafeGuessKindToResource(o.GroupVersionKind())
			at := dynamic.ResourceInterface(s.client.Resource(plural))
			if o.GetNamespace() != "" {
				at = s.client.Resource(plural).Namespace(o.GetNamespace())
			}
			_, err = at.Patch(s.t.Context(), o.GetName(), types.ApplyYAMLPatchType, content, metav1.PatchOptions{FieldManager: "edgegen-test"})
		}
		if err != nil {
			s.t.Fatalf("%s %s: %v", o.GetKind(), o.GetName(), err)
		}
	}
}

// slice is what the cluster says of a pod, which need not be ready.
func (s *services) slice(name, address string) {
	s.t.Helper()
	host, number, err := net.SplitHostPort(address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.apply(fmt.Sprintf(`
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: %q, namespace: web, labels: {kubernetes.io/service-name: edges-members}}
addressType: IPv4
ports: [{name: metrics, port: 9145, protocol: TCP}, {name: members, port: %s, protocol: TCP}]
endpoints: [{addresses: [%q], conditions: {ready: false}}]
`, sliceName(name), number, host))
}

func sliceName(name string) string {
	return "edges-members-" + strings.NewReplacer(":", "-").Replace(name)
}

func (s *services) remove(name string) {
	s.t.Helper()
	o := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice"}}
	plural, _ := meta.UnsafeGuessKindToResource(o.GroupVersionKind())
	if err := s.client.Resource(plural).Namespace("web").Delete(s.t.Context(), sliceName(name), metav1.DeleteOptions{}); err != nil {
		s.t.Fatal(err)
	}
}

// once holds that the app is asked once for a URL that all edges are asked for.
func (s *services) once(p *party, path string) {
	s.t.Helper()
	for i, e := range p.edges {
		c := client(e, "h2")
		if status, text, _, err := get(c, path); err != nil || text != path+" 1" {
			s.t.Errorf("edge %d answers %s with %d %q, %v", i, path, status, text, err)
		}
		c.CloseIdleConnections()
	}
}
