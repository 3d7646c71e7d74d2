// Package controller serves the objects of a cluster: it watches them (objects.go), has
// package gateway read them as sites, runs an edge for each (edges.go), and writes into
// the objects' statuses how they are doing (statuses.go), where it is the one of several
// that does so (lease.go).
//
// Whatever changes in the cluster goes one way (Run): all objects are read again, each
// site that differs is written, and its edge reloads. An edge is the same as one of
// `edgegen up`, in this process, with a state directory of its own: a site that is
// refused changes nothing, and no WebSocket ends because another pod has.
package controller
