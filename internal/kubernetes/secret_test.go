package kubernetes

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"

	"edgegen/internal/config"
)

// TestSecrets holds that each pair has a Secret of its own, and that a shell makes it.
func TestSecrets(t *testing.T) {
	taken := map[string]bool{}
	for i, want := range []string{"edge-a-b-tls", "edge-a-b-tls-2", "edge-a-b-tls-3"} {
		if got := free("edge-a-b-tls", taken); got != want {
			t.Errorf("the name %d is %s, want %s", i, got, want)
		}
	}
	s := Secret{Name: "edge-files", Namespace: "web", Files: []SecretFile{{Key: "a", File: "conf/staff's users"}, {Key: "b", File: "site.hcl"}}}
	if got, want := s.Command(), `kubectl create secret generic edge-files --namespace web --from-file=a='conf/staff'\''s users' --from-file=b=site.hcl`; got != want {
		t.Errorf("the command is\n%s\nand not\n%s", got, want)
	}
	e := &exporter{loaded: &config.Loaded{Root: "/site"}}
	for name, want := range map[string]string{
		"/site/a/b.txt": "a__b.txt", "/site/a__b.txt": "a_5f_5fb.txt", "/site/..odd": "_2e.odd", "/site/.well-known/x": "_2ewell-known__x",
		"/site/" + strings.Repeat("ü", 200): strings.Repeat("_fc", 73) + "__cb26b0de5a63c843909f2a32874407b3",
	} {
		got := e.key(name)
		if wrong := validation.IsConfigMapKey(got); len(wrong) > 0 || got != want {
			t.Errorf("%s is the key %s (%q), want %s", name, got, wrong, want)
		}
	}
}
