package gateway

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// rule is what becomes of requests that one of its matches fits.
type rule struct {
	ref     Ref
	name    string // of its backend
	matches []match
	filters
	servers  []server      // never empty, unless it redirects
	patience time.Duration // the most that an app may take to begin an answer; 0 for what the edge says
}

// readRules reads the rules of a route, and why it cannot be served as it is written.
func (b *builder) readRules(r *route) {
	for i, spec := range r.Spec.Rules {
		part := fmt.Sprintf("rule %d", i+1)
		if spec.Name != nil {
			part = "rule " + string(*spec.Name)
		}
		one := &rule{ref: r.ref(part), name: backendName(r, i)}
		if problem := b.readRule(r, one, spec); problem != "" {
			r.dropped = append(r.dropped, part+": "+problem)
		}
		if len(one.matches) > 0 {
			r.rules = append(r.rules, one)
		}
	}
	if n := len(r.Spec.Rules); n > 0 && len(r.dropped) == n {
		r.accepted = verdict{string(gatewayv1.RouteReasonUnsupportedValue), strings.Join(r.dropped, "; ")}
		r.rules = nil
	}
}

// readRule reads a rule, and says what there is not of what it asks for. A match that
// there is not takes no request. Requests for a rule with a filter that there is not are
// answered with 500, as the Gateway API wants it: to do a part of what the rule says may
// show what it was to hide.
func (b *builder) readRule(r *route, one *rule, spec gatewayv1.HTTPRouteRule) (problem string) {
	matches := spec.Matches
	if len(matches) == 0 {
		matches = []gatewayv1.HTTPRouteMatch{{}}
	}
	for _, m := range matches {
		read, err := readMatch(m)
		if err != nil {
			problem = err.Error()
			continue
		}
		one.matches = append(one.matches, read)
	}
	if why, bad := b.refused[one.ref]; bad {
		one.matches = nil
		return why
	}
	err := one.readFilters(spec, one.matches)
	if err == nil {
		one.patience, err = shortest(spec.Timeouts)
	}
	if err != nil {
		one.filters, one.servers = filters{}, []server{b.answer(Failing)}
		return cmp.Or(problem, err.Error())
	}
	if one.redirect == nil {
		one.servers = b.readBackends(r, spec.BackendRefs)
	}
	return problem
}

// shortest is the least of the timeouts of a rule. One of zero is none.
func shortest(t *gatewayv1.HTTPRouteTimeouts) (least time.Duration, err error) {
	if t == nil {
		return 0, nil
	}
	for _, text := range []*gatewayv1.Duration{t.Request, t.BackendRequest} {
		if text == nil {
			continue
		}
		d, err := time.ParseDuration(string(*text))
		if err != nil || d < 0 {
			return 0, fmt.Errorf("the timeout %q is no duration", *text)
		}
		if d = d.Round(time.Millisecond); d > 0 && (least == 0 || d < least) {
			least = d
		}
	}
	return least, nil
}
