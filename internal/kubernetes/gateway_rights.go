package kubernetes

import (
	coordinationv1 "k8s.io/api/coordination/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"edgegen/internal/gateway"
)

// clusterRole lets a controller read each kind of objects that it serves, and write the
// statuses of those that have one.
func (e *exporter) clusterRole() *rbacv1.ClusterRole {
	role := &rbacv1.ClusterRole{TypeMeta: meta("rbac.authorization.k8s.io/v1", "ClusterRole"), ObjectMeta: e.named(e.Name)}
	rule := func(group, verb string) *rbacv1.PolicyRule {
		for i := range role.Rules {
			if role.Rules[i].APIGroups[0] == group && role.Rules[i].Verbs[0] == verb {
				return &role.Rules[i]
			}
		}
		verbs := []string{verb}
		if verb == "list" {
			verbs = append(verbs, "watch")
		}
		role.Rules = append(role.Rules, rbacv1.PolicyRule{APIGroups: []string{group}, Verbs: verbs})
		return &role.Rules[len(role.Rules)-1]
	}
	for _, kind := range gateway.Kinds() {
		read := rule(kind.Group, "list")
		read.Resources = append(read.Resources, kind.Resource)
		if kind.Told {
			write := rule(kind.Group, "update")
			write.Resources = append(write.Resources, kind.Resource+"/status")
		}
	}
	return role
}

func (e *exporter) clusterRoleBinding() *rbacv1.ClusterRoleBinding {
	return &rbacv1.ClusterRoleBinding{TypeMeta: meta("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"), ObjectMeta: e.named(e.Name),
		RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: e.Name}, Subjects: e.account()}
}

// role lets it hold the Lease, which is there already: to make one, it would need the
// right to make any.
func (e *exporter) role() *rbacv1.Role {
	return &rbacv1.Role{TypeMeta: meta("rbac.authorization.k8s.io/v1", "Role"), ObjectMeta: e.object(e.Name), Rules: []rbacv1.PolicyRule{{
		APIGroups: []string{coordinationv1.GroupName}, Resources: []string{"leases"}, ResourceNames: []string{e.Name}, Verbs: []string{"get", "update"},
	}}}
}

func (e *exporter) roleBinding() *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{TypeMeta: meta("rbac.authorization.k8s.io/v1", "RoleBinding"), ObjectMeta: e.object(e.Name),
		RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: e.Name}, Subjects: e.account()}
}

func (e *exporter) account() []rbacv1.Subject {
	return []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: e.Name, Namespace: e.Namespace}}
}

// lease is held by the controller that writes statuses. Who that is, it writes itself.
func (e *exporter) lease() *coordinationv1.Lease {
	return &coordinationv1.Lease{TypeMeta: meta("coordination.k8s.io/v1", "Lease"), ObjectMeta: e.object(e.Name)}
}

func (e *exporter) gatewayClass(name string) *gatewayv1.GatewayClass {
	return &gatewayv1.GatewayClass{TypeMeta: meta(gatewayv1.GroupVersion.String(), "GatewayClass"), ObjectMeta: e.named(name),
		Spec: gatewayv1.GatewayClassSpec{ControllerName: gateway.ControllerName}}
}

func (e *exporter) ingressClass(name string) *networkingv1.IngressClass {
	return &networkingv1.IngressClass{TypeMeta: meta("networking.k8s.io/v1", "IngressClass"), ObjectMeta: e.named(name),
		Spec: networkingv1.IngressClassSpec{Controller: gateway.ControllerName}}
}

// toPods lets out to the pods of all namespaces, at every port.
func toPods() networkingv1.NetworkPolicyEgressRule {
	return networkingv1.NetworkPolicyEgressRule{To: []networkingv1.NetworkPolicyPeer{{NamespaceSelector: &metav1.LabelSelector{}}}}
}

// toServers lets out to API servers, which may be anywhere.
func toServers() networkingv1.NetworkPolicyEgressRule {
	return networkingv1.NetworkPolicyEgressRule{Ports: []networkingv1.NetworkPolicyPort{tcp(443), tcp(6443)}}
}
