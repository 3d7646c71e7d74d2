package gateway

import (
	"reflect"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// status is that of an HTTPRoute: a part for each parent here, and those of other
// controllers as they are.
func (r *route) status(now time.Time) gatewayv1.HTTPRouteStatus {
	status := gatewayv1.HTTPRouteStatus{RouteStatus: gatewayv1.RouteStatus{Parents: []gatewayv1.RouteParentStatus{}}}
	for _, was := range r.Status.Parents {
		if was.ControllerName != ControllerName {
			status.Parents = append(status.Parents, was)
		}
	}
	for _, p := range r.parents {
		status.Parents = append(status.Parents, gatewayv1.RouteParentStatus{ParentRef: p.ref, ControllerName: ControllerName,
			Conditions: merged(r.was(p.ref), r.conditions(p), now)})
	}
	return status
}

func (r *route) was(ref gatewayv1.ParentReference) []metav1.Condition {
	at := slices.IndexFunc(r.Status.Parents, func(was gatewayv1.RouteParentStatus) bool {
		return was.ControllerName == ControllerName && reflect.DeepEqual(was.ParentRef, ref)
	})
	if at < 0 {
		return nil
	}
	return r.Status.Parents[at].Conditions
}

func (r *route) conditions(p *parent) []metav1.Condition {
	all := []metav1.Condition{
		judged(gatewayv1.RouteConditionAccepted, p.accepted, gatewayv1.RouteReasonAccepted, "", r.Generation),
		judged(gatewayv1.RouteConditionResolvedRefs, r.resolved, gatewayv1.RouteReasonResolvedRefs, "", r.Generation),
	}
	if len(r.dropped) > 0 && !p.accepted.bad() {
		all = append(all, condition(gatewayv1.RouteConditionPartiallyInvalid, true, gatewayv1.RouteReasonUnsupportedValue, "Dropped Rule: "+strings.Join(r.dropped, "; "), r.Generation))
	}
	return all
}

// A Problem is something about an object that keeps it from being served as it says.
type Problem struct {
	Of    Ref
	Words string
}

// Problems are those of all objects. Those of Ingresses have no other place: their
// statuses have no conditions.
func (p *Plan) Problems() (all []Problem) {
	add := func(of Ref, v verdict) {
		if one := (Problem{of, v.words}); v.bad() && !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	for _, g := range p.gateways {
		add(g.ref(), first(g.accepted, g.placed))
		for _, l := range g.listeners {
			add(l.ref(), first(l.accepted, l.conflict))
			add(l.ref(), l.resolved)
		}
	}
	for _, r := range p.routes {
		for _, one := range r.parents {
			add(r.ref(""), one.accepted)
		}
		add(r.ref(""), r.resolved)
		if len(r.dropped) > 0 && !r.accepted.bad() {
			add(r.ref(""), verdict{string(gatewayv1.RouteReasonUnsupportedValue), strings.Join(r.dropped, "; ")})
		}
	}
	return all
}
