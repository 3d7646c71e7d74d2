package kubernetes

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"edgegen/internal/config"
)

// siteWith is a site with words in its edge and its tls block.
func siteWith(t *testing.T, edge, tls string) *config.Loaded {
	t.Helper()
	directory := t.TempDir()
	write(t, filepath.Join(directory, "site.hcl"), "edge {\n  http = [\":8080\"]\n  https = [\":8443\"]\n  public_port = 443\n  metrics { listen = \":9145\" }\n"+edge+"\n}\n"+
		"site \"a.example\" {\n  tls { "+tls+" }\n  backend \"app\" { servers = [\"app:5000\"] }\n  route \"/\" { backend = \"app\" }\n}\n")
	write(t, filepath.Join(directory, "cluster.secret"), "kB4wZrUoQm5yF0sVbC9hJ2nT6xL8eD1g")
	loaded, diagnostics := config.Load(directory)
	if loaded.Edge == nil {
		t.Fatalf("%v", diagnostics)
	}
	return loaded
}

const (
	ofMembers = `  cluster {
    members = ["kubernetes://web/edges-members"]
    secret  = file("cluster.secret")
  }`
	ofStore = `  acme { store = "kubernetes://web/edge" }`
)

// What an edge asks the cluster for, and nothing else, its account may do; whoever asks for
// nothing has no account to show.
func TestRights(t *testing.T) {
	secrets := "secrets: get list create update delete"
	leases := "leases: get create update"
	slicesRule := "endpointslices: list watch"
	for name, c := range map[string]struct {
		edge, tls, namespace string
		rules                map[string][]string // by file
		home                 string
	}{
		"nothing":    {tls: "self_signed = true"},
		"members":    {edge: ofMembers, tls: "self_signed = true", rules: map[string][]string{"role.yaml": {slicesRule}}, home: "web"},
		"store":      {edge: ofStore, tls: "acme = true", rules: map[string][]string{"role.yaml": {secrets, leases}}, home: "web"},
		"no order":   {edge: ofStore, tls: "self_signed = true"},
		"both":       {edge: ofStore + "\n" + ofMembers, tls: "acme = true", rules: map[string][]string{"role.yaml": {secrets, leases, slicesRule}}, home: "web"},
		"elsewhere":  {edge: ofStore, tls: "acme = true", namespace: "shop", rules: map[string][]string{"role-web.yaml": {secrets, leases}}, home: "shop"},
		"both apart": {edge: strings.ReplaceAll(ofStore, "web", "keys") + "\n" + ofMembers, tls: "acme = true", namespace: "web", rules: map[string][]string{"role-keys.yaml": {secrets, leases}, "role.yaml": {slicesRule}}, home: "web"},
	} {
		t.Run(name, func(t *testing.T) {
			all, _, doubts, err := Objects(siteWith(t, c.edge, c.tls), Options{Name: "edges", Namespace: c.namespace, Image: "edgegen", Replicas: 2}, "1")
			if err != nil || slices.ContainsFunc(doubts, func(d config.Diagnostic) bool { return strings.Contains(d.Summary, "addresses of pods") }) {
				t.Fatal(err, doubts)
			}
			got := map[string][]string{}
			for _, o := range all {
				switch v := o.Value.(type) {
				case *rbacv1.Role:
					for _, rule := range v.Rules {
						got[o.File] = append(got[o.File], strings.Join(rule.Resources, " ")+": "+strings.Join(rule.Verbs, " "))
					}
				case *rbacv1.RoleBinding:
					if s := v.Subjects[0]; s.Name != "edges" || s.Namespace != c.home || v.RoleRef.Name != "edges" {
						t.Errorf("%s binds %v to %v", o.File, v.RoleRef, s)
					}
				case *appsv1.Deployment:
					if shown := *v.Spec.Template.Spec.AutomountServiceAccountToken; shown != (c.rules != nil) || v.Namespace != c.home && c.home != "" {
						t.Errorf("the pods show an account: %v, in %q", shown, v.Namespace)
					}
				case *networkingv1.NetworkPolicy:
					if out := slices.ContainsFunc(v.Spec.Egress, func(r networkingv1.NetworkPolicyEgressRule) bool { return cmp.Equal(r, toServers()) }); out != (c.rules != nil) {
						t.Errorf("pods reach the API server: %v", out)
					}
				}
			}
			if diff := cmp.Diff(c.rules, got); diff != "" && len(c.rules)+len(got) > 0 {
				t.Error(diff)
			}
		})
	}
}

// What cannot be had in common is refused, with the word to write.
func TestRightsAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ edge, tls, want, remedy string }{
		"without a store": {"", "acme = true", "each edge would ask the authority", `acme { store = "kubernetes://NAMESPACE/NAME" }`},
		"in a directory":  {`  acme { store = "/shared/edge" }`, "acme = true", "pods have no directory in common, such as /shared/edge", `acme { store = "kubernetes://NAMESPACE/NAME" }`},
		"in two":          {strings.ReplaceAll(ofStore, "web", "keys") + "\n" + ofMembers, "acme = true", "the namespaces keys and web", "--namespace"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, _, err := Objects(siteWith(t, c.edge, c.tls), Options{Name: "edges", Image: "edgegen", Replicas: 2}, "1")
			var refused *config.Refused
			if !errors.As(err, &refused) || !slices.ContainsFunc(refused.Diagnostics, func(d config.Diagnostic) bool {
				return strings.Contains(d.Summary, c.want) && strings.Contains(d.Remedy, c.remedy) && d.Line > 0
			}) {
				t.Errorf("%v", err)
			}
		})
	}
	// The pods of another namespace are not those of this edge.
	_, _, doubts, err := Objects(siteWith(t, ofMembers, "self_signed = true"), Options{Name: "edges", Namespace: "shop", Image: "edgegen", Replicas: 2}, "1")
	if err != nil || !slices.ContainsFunc(doubts, func(d config.Diagnostic) bool { return strings.Contains(d.Remedy, "edges-members:6443") }) {
		t.Errorf("%v %v", doubts, err)
	}
}
