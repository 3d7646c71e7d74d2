// Package peers has the configurations of those that edgegen is compared with. Each was
// written by hand for the same site: a certificate, an app, a directory of files, and a
// cache where the peer has one.
package peers

import "embed"

// Files are templates over compare's world.
//
//go:embed *.tmpl
var Files embed.FS
