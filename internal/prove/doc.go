// Package prove runs the daemons of old configurations, as an import has them led
// elsewhere, and holds what they answer against what another edge does. What stands for
// an app answers with what it was asked, so that an answer tells which app has got which
// request.
package prove
