package gateway

import (
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// Features are those of the Gateway API that are served, by the names of its conformance
// suite, which has looked at each of them, in order.
func Features() []gatewayv1.SupportedFeature {
	var all []gatewayv1.SupportedFeature
	for _, name := range []string{
		"Gateway", "GatewayAddressEmpty", "GatewayHTTPListenerIsolation", "GatewayPort8080", "GatewayStaticAddresses",
		"HTTPRoute", "ReferenceGrant",
		"HTTPRoute303RedirectStatusCode", "HTTPRoute307RedirectStatusCode", "HTTPRoute308RedirectStatusCode",
		"HTTPRouteBackendProtocolWebSocket", "HTTPRouteBackendTimeout", "HTTPRouteRequestTimeout",
		"HTTPRouteParentRefPort", "HTTPRouteNamedRouteRule",
		"HTTPRouteHostRewrite", "HTTPRoutePathRewrite", "HTTPRouteMethodMatching", "HTTPRouteQueryParamMatching",
		"HTTPRoutePathRedirect", "HTTPRoutePortRedirect", "HTTPRouteSchemeRedirect", "HTTPRouteResponseHeaderModification",
	} {
		all = append(all, gatewayv1.SupportedFeature{Name: gatewayv1.FeatureName(name)})
	}
	slices.SortFunc(all, func(a, b gatewayv1.SupportedFeature) int { return strings.Compare(string(a.Name), string(b.Name)) })
	return all
}
