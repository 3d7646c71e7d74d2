package controller

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"edgegen/test/edge"
	"edgegen/test/load"
)

const class = `
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: edgegen}
spec: {controllerName: edgegen.dev/gateway}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: other}
`

// web is a Gateway with a plain and a TLS listener.
const web = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: shop}
spec:
  gatewayClassName: edgegen
  listeners:
    - {name: http, port: 8080, protocol: HTTP}
    - {name: https, port: 8443, protocol: HTTPS, tls: {certificateRefs: [{name: tls}]}}
`

func httpRoute(namespace, name, spec string) string {
	return fmt.Sprintf("\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: %s, namespace: %s}\nspec:\n%s", name, namespace, spec)
}

// says reports whether a condition is there, with a status and a reason.
func says(conditions []metav1.Condition, kind, status, reason string) bool {
	return slices.ContainsFunc(conditions, func(c metav1.Condition) bool {
		return c.Type == kind && string(c.Status) == status && c.Reason == reason
	})
}

// routeSays waits until a route's first parent has a condition.
func (c *tester) routeSays(name, kind, status, reason string) {
	c.Helper()
	var seen gatewayv1.HTTPRouteStatus
	c.until(fmt.Sprintf("%s says %s %s %s", name, kind, status, reason), func() bool {
		seen = gatewayv1.HTTPRouteStatus{}
		c.status("httproutes", name, &seen)
		return len(seen.Parents) > 0 && says(seen.Parents[0].Conditions, kind, status, reason)
	})
}

// TestG1Serves holds the way of a Gateway: it is programmed with its addresses, its routes
// are attached and answer, and what is refused is told.
func TestG1Serves(t *testing.T) {
	onEach(t, holdServes)
}

func holdServes(t *testing.T, engines edge.Combination) {
	c := newTester(t)
	app := startPod(t, "one")
	first := edge.NewCertificate(t, "shop.example", 1001, time.Hour)
	c.apply(class)
	c.apply(service("shop", "app") + "---" + app.slice("shop", "app", true) + "---" + secret("shop", "tls", first) + "---" + web)
	c.apply(httpRoute("shop", "app", `
  parentRefs: [{name: web, sectionName: https}]
  hostnames: [shop.example]
  rules:
    - matches: [{path: {value: /}}]
      filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: X-Stage, value: live}]}}]
      backendRefs: [{name: app, port: 80}]
    - matches: [{path: {value: /idle}}]
      backendRefs: [{name: idle, port: 80}]
    - matches: [{path: {value: /missing}}]
      backendRefs: [{name: missing, port: 80}]
`) + "---" + service("shop", "idle") + "---" + httpRoute("shop", "plain", `
  parentRefs: [{name: web, sectionName: http}]
  rules: [{filters: [{type: RequestRedirect, requestRedirect: {scheme: https, port: 8443, statusCode: 301}}]}]
`) + "---" + httpRoute("shop", "bad", `
  parentRefs: [{name: web}]
  rules: [{filters: [{type: RequestMirror, requestMirror: {backendRef: {name: app, port: 80}}}], backendRefs: [{name: app, port: 80}]}]
`))
	running := c.startWith(engines, "--addresses", "127.0.41.1,127.0.41.2")
	c.until("the Gateway is programmed", func() bool {
		var seen gatewayv1.GatewayStatus
		c.status("gateways", "shop/web", &seen)
		return says(seen.Conditions, "Programmed", "True", "Programmed") && says(seen.Conditions, "Accepted", "True", "Accepted") &&
			len(seen.Addresses) == 1 && seen.Addresses[0].Value == "127.0.41.1" && len(seen.Listeners) == 2 && seen.Listeners[0].AttachedRoutes == 1
	})
	c.routeSays("shop/app", "Accepted", "True", "Accepted")
	c.routeSays("shop/app", "ResolvedRefs", "False", "BackendNotFound")
	c.routeSays("shop/bad", "Accepted", "False", "UnsupportedValue")
	const plain, secure = "127.0.41.1:8080", "127.0.41.1:8443"
	for _, w := range []struct {
		name, scheme, address, host, path string
		want                              answer
	}{
		{"app", "https", secure, "shop.example", "/a", answer{200, "app one stage live path /a\n", "", 1001}},
		{"no pod", "https", secure, "shop.example", "/idle", answer{503, "", "", 1001}},
		{"no service", "https", secure, "shop.example", "/missing", answer{500, "", "", 1001}},
		{"redirect", "http", plain, "any.example", "/b?c=d", answer{301, "", "https://any.example:8443/b?c=d", 0}},
	} {
		got := get(t, w.scheme, w.address, w.host, w.path)
		if w.want.body == "" {
			got.body = ""
		}
		if got != w.want {
			t.Errorf("%s: %+v, want %+v", w.name, got, w.want)
		}
	}
	// A route that goes away is not served, nor told of.
	c.remove(httpRoute("shop", "plain", ""))
	c.until("the route is gone", func() bool { return get(t, "http", plain, "any.example", "/b").status == 404 })
	stop(t, running)
}

// TestG2Pods holds that pods come and go under load without a failed request, and without
// an end of a WebSocket to another pod.
func TestG2Pods(t *testing.T) {
	onEach(t, holdPods)
}

func holdPods(t *testing.T, engines edge.Combination) {
	c := newTester(t)
	one, two := startPod(t, "one"), startPod(t, "two")
	c.apply(class)
	c.apply(service("shop", "app") + "---" + one.slice("shop", "app", true) + "---" + secret("shop", "tls", edge.NewCertificate(t, "shop.example", 1, time.Hour)) + "---" + web + "---" +
		httpRoute("shop", "app", "  parentRefs: [{name: web, sectionName: https}]\n  hostnames: [shop.example]\n  rules: [{backendRefs: [{name: app, port: 80}]}]\n"))
	running := c.startWith(engines, "--addresses", "127.0.42.1")
	const secure = "127.0.42.1:8443"
	asked := func() string { return strings.Fields(get(t, "https", secure, "shop.example", "/").body + " - -")[1] }
	c.until("the app answers", func() bool { return asked() == "one" })
	sockets := load.OpenSockets(load.SocketOptions{Address: secure, Host: "shop.example", Path: "/socket", Count: 20, Pause: 20 * time.Millisecond})
	clients := load.StartClients(load.ClientOptions{Address: secure, Host: "shop.example", Count: 4, Generations: load.NewGenerations(1),
		Expectation: load.Expectation{Pages: []load.Page{{Path: "/page", Parts: []load.Part{load.Status(200)}}}}})
	const rounds = 5
	for range rounds {
		c.apply(two.slice("shop", "app", true))
		c.until("the second pod answers", func() bool { return asked() == "two" })
		c.apply(two.slice("shop", "app", false))
		c.until("the second pod answers no more", func() bool {
			for range 8 {
				if asked() != "one" {
					return false
				}
			}
			return true
		})
	}
	report := clients.Stop()
	if len(report.Failed)+len(report.Wrong) > 0 || report.Requests == 0 {
		t.Errorf("of %d requests failed %v, wrong were %v", report.Requests, report.Failed, report.Wrong)
	}
	talk := sockets.Stop()
	if len(talk.Cuts)+len(talk.Wrong)+len(talk.Failed) > 0 || talk.Opened != 20 {
		t.Errorf("of %d WebSockets were cut %v, wrong %v, failed %v", talk.Opened, talk.Cuts, talk.Wrong, talk.Failed)
	}
	t.Logf("%d requests, %d messages, %d changes of pods", report.Requests, talk.Messages, 2*rounds)
	stop(t, running)
}

// TestG3Grants holds that a ReferenceGrant lets a route name a Service of another
// namespace for as long as it is there.
func TestG3Grants(t *testing.T) { onEach(t, holdGrants) }

func holdGrants(t *testing.T, engines edge.Combination) {
	c := newTester(t)
	app := startPod(t, "one")
	const grant = `
apiVersion: gateway.networking.k8s.io/v1
kind: ReferenceGrant
metadata: {name: apps, namespace: other}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: shop}]
  to: [{group: "", kind: Service}]
`
	c.apply(class)
	c.apply(service("other", "app") + "---" + app.slice("other", "app", true) + "---" + web + "---" +
		httpRoute("shop", "app", "  parentRefs: [{name: web, sectionName: http}]\n  rules: [{backendRefs: [{name: app, namespace: other, port: 80}]}]\n"))
	running := c.startWith(engines, "--addresses", "127.0.43.1")
	status := func() int { return get(t, "http", "127.0.43.1:8080", "any.example", "/").status }
	c.routeSays("shop/app", "ResolvedRefs", "False", "RefNotPermitted")
	c.until("it is refused", func() bool { return status() == 500 })
	c.apply(grant)
	c.routeSays("shop/app", "ResolvedRefs", "True", "ResolvedRefs")
	c.until("it is let in", func() bool { return status() == 200 })
	c.remove(grant)
	c.routeSays("shop/app", "ResolvedRefs", "False", "RefNotPermitted")
	c.until("it is refused again", func() bool { return status() == 500 })
	stop(t, running)
}

// TestG4Secrets holds that a Secret that changes is served without a WebSocket's end, and
// that a broken one leaves what is served and is told.
func TestG4Secrets(t *testing.T) { onEach(t, holdSecrets) }

func holdSecrets(t *testing.T, engines edge.Combination) {
	c := newTester(t)
	app := startPod(t, "one")
	c.apply(class)
	c.apply(service("shop", "app") + "---" + app.slice("shop", "app", true) + "---" + secret("shop", "tls", edge.NewCertificate(t, "shop.example", 1, time.Hour)) + "---" + web + "---" +
		httpRoute("shop", "app", "  parentRefs: [{name: web, sectionName: https}]\n  hostnames: [shop.example]\n  rules: [{backendRefs: [{name: app, port: 80}]}]\n"))
	running := c.startWith(engines, "--addresses", "127.0.44.1")
	const secure = "127.0.44.1:8443"
	serial := func() int64 { return get(t, "https", secure, "shop.example", "/").serial }
	c.until("the first certificate is served", func() bool { return serial() == 1 })
	sockets := load.OpenSockets(load.SocketOptions{Address: secure, Host: "shop.example", Path: "/socket", Count: 5, Pause: 20 * time.Millisecond})
	c.apply(secret("shop", "tls", edge.NewCertificate(t, "shop.example", 2, time.Hour)))
	c.until("the second certificate is served", func() bool { return serial() == 2 })
	if talk := sockets.Stop(); len(talk.Cuts)+len(talk.Failed) > 0 {
		t.Errorf("WebSockets were cut: %v, %v", talk.Cuts, talk.Failed)
	}
	broken := edge.NewCertificate(t, "shop.example", 3, time.Hour)
	broken.Key = edge.NewCertificate(t, "shop.example", 4, time.Hour).Key
	c.apply(secret("shop", "tls", broken))
	c.until("the broken Secret is told", func() bool {
		var seen gatewayv1.GatewayStatus
		c.status("gateways", "shop/web", &seen)
		return len(seen.Listeners) == 2 && says(seen.Listeners[1].Conditions, "ResolvedRefs", "False", "InvalidCertificateRef") && says(seen.Listeners[1].Conditions, "Programmed", "False", "Invalid")
	})
	stop(t, running)
}

// TestG5Leader holds that of two controllers both serve and one writes, and that the other
// one does when that has gone.
func TestG5Leader(t *testing.T) { onEach(t, holdLeader) }

func holdLeader(t *testing.T, engines edge.Combination) {
	c := newTester(t)
	c.apply(class)
	c.apply(web)
	first := c.startWith(engines, "--addresses", "127.0.45.1")
	first.Says("this controller writes the statuses")
	second := c.startWith(engines, "--addresses", "127.0.45.2")
	status := func(address string) int { return get(t, "http", address+":8080", "any.example", "/").status }
	for _, address := range []string{"127.0.45.1", "127.0.45.2"} {
		c.until(address+" answers", func() bool { return status(address) == 404 })
	}
	addressed := func(want string) func() bool {
		return func() bool {
			var seen gatewayv1.GatewayStatus
			c.status("gateways", "shop/web", &seen)
			return len(seen.Addresses) == 1 && seen.Addresses[0].Value == want
		}
	}
	c.until("the first writes", addressed("127.0.45.1"))
	if strings.Contains(second.Err.Text(), "writes the statuses") {
		t.Error("both write")
	}
	stop(t, first)
	second.Says("this controller writes the statuses")
	c.until("the second writes", addressed("127.0.45.2"))
	stop(t, second)
}

// TestG6Ingress holds that an Ingress is served by http and https, and told where.
func TestG6Ingress(t *testing.T) { onEach(t, holdIngress) }

func holdIngress(t *testing.T, engines edge.Combination) {
	c := newTester(t)
	app := startPod(t, "one")
	c.apply(class)
	c.apply(service("shop", "app") + "---" + app.slice("shop", "app", true) + "---" + secret("shop", "tls", edge.NewCertificate(t, "shop.example", 1, time.Hour)) + `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: app, namespace: shop}
spec:
  ingressClassName: edgegen
  tls: [{hosts: [shop.example], secretName: tls}]
  rules:
    - host: shop.example
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: app, port: {name: http}}}}]}
    - host: plain.example
      http: {paths: [{path: /a, pathType: Exact, backend: {service: {name: app, port: {number: 80}}}}]}
`)
	running := c.startWith(engines, "--addresses", "127.0.46.1")
	c.until("the Ingress is served", func() bool {
		return get(t, "https", "127.0.46.1:443", "shop.example", "/").status == 200 && get(t, "http", "127.0.46.1:80", "plain.example", "/a").status == 200
	})
	for _, w := range []struct {
		scheme, address, host, path string
		status                      int
		location                    string
	}{
		{"http", "127.0.46.1:80", "shop.example", "/x?y", 308, "https://shop.example/x?y"},
		{"http", "127.0.46.1:80", "plain.example", "/a", 200, ""},
		{"http", "127.0.46.1:80", "plain.example", "/a/b", 404, ""},
		{"http", "127.0.46.1:80", "other.example", "/a", 404, ""},
	} {
		if got := get(t, w.scheme, w.address, w.host, w.path); got.status != w.status || got.location != w.location {
			t.Errorf("%s %s: %+v, want %d %s", w.host, w.path, got, w.status, w.location)
		}
	}
	at := c.client.Resource(networkingv1.SchemeGroupVersion.WithResource("ingresses")).Namespace("shop")
	c.until("the Ingress says where", func() bool {
		found, err := at.Get(t.Context(), "app", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		places, _, err := unstructured.NestedSlice(found.Object, "status", "loadBalancer", "ingress")
		return err == nil && len(places) == 1 && places[0].(map[string]any)["ip"] == "127.0.46.1"
	})
	stop(t, running)
}
