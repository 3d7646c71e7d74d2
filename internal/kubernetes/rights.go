package kubernetes

import (
	"fmt"
	"slices"
	"strings"

	coordinationv1 "k8s.io/api/coordination/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"edgegen/internal/site"
)

// rights are what the edge may do in a namespace of the cluster, and why.
type rights struct {
	namespace string
	rules     []rbacv1.PolicyRule
	source    site.Source
}

// needed are the rights that an edge needs to keep certificates and to find members; none
// where it asks the cluster for nothing.
func (e *exporter) needed() (all []rights) {
	add := func(namespace string, source site.Source, rules ...rbacv1.PolicyRule) {
		at := slices.IndexFunc(all, func(r rights) bool { return r.namespace == namespace })
		if at < 0 {
			at = len(all)
			all = append(all, rights{namespace: namespace, source: source})
		}
		for _, rule := range rules {
			if !slices.ContainsFunc(all[at].rules, func(r rbacv1.PolicyRule) bool { return slices.Equal(r.Resources, rule.Resources) }) {
				all[at].rules = append(all[at].rules, rule)
			}
		}
	}
	if place, ok := strings.CutPrefix(e.edge.ACME.Store, site.InKubernetes); ok && e.orders() {
		namespace, _, _ := strings.Cut(place, "/")
		// The names of what is kept follow from those of hosts and orders, so that the rules
		// cannot name them.
		add(namespace, e.edge.ACME.StoreSource,
			rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"get", "list", "create", "update", "delete"}},
			rbacv1.PolicyRule{APIGroups: []string{coordinationv1.GroupName}, Resources: []string{"leases"}, Verbs: []string{"get", "create", "update"}})
	}
	if e.edge.Cluster != nil {
		for _, m := range e.edge.Cluster.Members {
			if m.Service != "" {
				add(m.Namespace, m.Source, rbacv1.PolicyRule{APIGroups: []string{discoveryv1.GroupName}, Resources: []string{"endpointslices"}, Verbs: []string{"list", "watch"}})
			}
		}
	}
	return all
}

// orders reports whether the edge gets certificates from an authority.
func (e *exporter) orders() bool {
	return !e.edge.Plain() && slices.ContainsFunc(e.edge.Sites, func(s site.Site) bool { return s.TLS.ACME })
}

// settle finds the namespace of an edge that has rights in one: a right is given to an
// account of a namespace, which is then the same, unless another one is asked for.
func (e *exporter) settle() {
	if e.Namespace != "" || len(e.rights) == 0 {
		return
	}
	e.Namespace = e.rights[0].namespace
	if len(e.rights) > 1 {
		other := e.rights[1]
		e.refuse(other.source, fmt.Sprintf("the site names the namespaces %s and %s, and the edge may be in either", e.Namespace, other.namespace), "say by --namespace in which one")
	}
}

// granted gives the edge's account its rights in a namespace.
func (e *exporter) granted(r rights) []Object {
	end := ""
	if r.namespace != e.Namespace {
		end = "-" + r.namespace
	}
	in := e.object(e.Name)
	in.Namespace = r.namespace
	const api = "rbac.authorization.k8s.io/v1"
	return []Object{
		{"role" + end + ".yaml", &rbacv1.Role{TypeMeta: meta(api, "Role"), ObjectMeta: in, Rules: r.rules}},
		{"rolebinding" + end + ".yaml", &rbacv1.RoleBinding{TypeMeta: meta(api, "RoleBinding"), ObjectMeta: in,
			RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: e.Name}, Subjects: e.account()}},
	}
}
