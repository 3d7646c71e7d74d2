// Package templates holds the text of the files that edgegen renders, one
// directory a daemon. The templates only place values: every decision is made
// before they run, and every value passes a quoting function of its language.
package templates

import "embed"

// FS holds the templates under stunnel/, varnish/ and nginx/.
//
//go:embed stunnel/*.tmpl varnish/*.tmpl nginx/*.tmpl
var FS embed.FS
