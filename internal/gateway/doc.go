// Package gateway reads objects of a cluster as the sites of edges: those of the
// Gateway API (GatewayClass, Gateway, HTTPRoute, ReferenceGrant), Ingresses, and the
// Services, EndpointSlices and Secrets that they name. It is pure: objects go in, and
// out come a site file for each edge and what is to be written into the objects'
// statuses. No cluster is asked here, and no edge is started.
//
// There is an edge for each address and port, since the sites of an edge are the same
// on all its listeners, and those of two listeners of a Gateway need not be. What a
// Gateway calls HTTP is an edge where nobody ends TLS; what it calls HTTPS is one
// without plain listeners.
//
// The way of an object: Build puts listeners in order (listener.go), attaches routes to
// them (attach.go), reads their rules (rule.go, filter.go, backend.go), and writes the
// site files (write.go). Each line of a site file knows the object that it is for, so
// that what config finds wrong there is told in that object's status: Settle builds
// again without it, until nothing is refused.
package gateway
