package gateway

import (
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// status is that of a Gateway.
func (g *gateway) status(outcomes Outcomes, published string, now time.Time) gatewayv1.GatewayStatus {
	status := gatewayv1.GatewayStatus{AttachedListenerSets: g.Status.AttachedListenerSets}
	var invalid []string
	for _, l := range g.listeners {
		if l.broken() {
			invalid = append(invalid, string(l.Name))
		}
		status.Listeners = append(status.Listeners, l.status(outcomes, g.listenerWas(l.Name), now))
	}
	accepted := judged(gatewayv1.GatewayConditionAccepted, g.accepted, gatewayv1.GatewayReasonAccepted, "edgegen serves this Gateway", g.Generation)
	if len(invalid) > 0 && !g.accepted.bad() {
		accepted = condition(gatewayv1.GatewayConditionAccepted, len(invalid) < len(g.listeners), gatewayv1.GatewayReasonListenersNotValid,
			"the conditions of these listeners say what is wrong with them: "+strings.Join(invalid, ", "), g.Generation)
	}
	address := g.published(published)
	if address != "" {
		kind := gatewayv1.HostnameAddressType
		if isIP(address) {
			kind = gatewayv1.IPAddressType
		}
		status.Addresses = []gatewayv1.GatewayStatusAddress{{Type: &kind, Value: address}}
	}
	programmed := judged(gatewayv1.GatewayConditionProgrammed, g.programmed(outcomes, address), gatewayv1.GatewayReasonProgrammed, "the edge serves what the Gateway and its routes say", g.Generation)
	status.Conditions = merged(g.Status.Conditions, []metav1.Condition{accepted, programmed}, now)
	return status
}

// programmed is why the edge does not serve what the Gateway says.
func (g *gateway) programmed(outcomes Outcomes, address string) verdict {
	serving, failed := 0, verdict{}
	for _, l := range g.listeners {
		if l.serves() {
			serving++
			failed = first(failed, l.failed(outcomes))
		}
	}
	switch {
	case g.placed.bad():
		return g.placed
	case serving == 0:
		return verdict{string(gatewayv1.GatewayReasonInvalid), "no listener can be served"}
	case address == "":
		return verdict{string(gatewayv1.GatewayReasonAddressNotAssigned), "where clients find the edge is not known: name it with --publish, --publish-service or --addresses, or wait until that Service has an address"}
	}
	return failed
}

// failed is why the edge of a listener does not serve what it was told.
func (l *listener) failed(outcomes Outcomes) verdict {
	if err := outcomes[l.edge]; err != nil {
		return verdict{string(gatewayv1.ListenerReasonInvalid), err.Error()}
	}
	return verdict{}
}

// listenerWas are the conditions that a listener has.
func (g *gateway) listenerWas(name gatewayv1.SectionName) []metav1.Condition {
	for _, was := range g.Status.Listeners {
		if was.Name == name {
			return was.Conditions
		}
	}
	return nil
}

func (l *listener) status(outcomes Outcomes, was []metav1.Condition, now time.Time) gatewayv1.ListenerStatus {
	generation := l.of.Generation
	conflicted := condition(gatewayv1.ListenerConditionConflicted, false, gatewayv1.ListenerReasonNoConflicts, "", generation)
	if l.conflict.bad() {
		conflicted = condition(gatewayv1.ListenerConditionConflicted, true, l.conflict.reason, l.conflict.words, generation)
	}
	programmed := l.failed(outcomes)
	if !l.serves() {
		programmed = verdict{string(gatewayv1.ListenerReasonInvalid), first(l.accepted, l.conflict, l.resolved, l.of.accepted, l.of.placed).words}
	}
	return gatewayv1.ListenerStatus{Name: l.Name, SupportedKinds: l.kinds, AttachedRoutes: int32(l.attached), Conditions: merged(was, []metav1.Condition{
		judged(gatewayv1.ListenerConditionAccepted, first(l.accepted, l.conflict), gatewayv1.ListenerReasonAccepted, "", generation),
		judged(gatewayv1.ListenerConditionProgrammed, programmed, gatewayv1.ListenerReasonProgrammed, "", generation),
		judged(gatewayv1.ListenerConditionResolvedRefs, l.resolved, gatewayv1.ListenerReasonResolvedRefs, "", generation),
		conflicted,
	}, now)}
}
