// Package incluster asks the cluster of Kubernetes that an edge runs in: how it is
// reached (Config), and where the pods of a Service are (Follow, Addresses).
package incluster
