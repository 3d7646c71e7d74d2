// Package prove runs the daemons of old configurations, as an import has them led
// elsewhere, and holds what they answer against what another edge does. One recorder
// stands for all apps: it answers with what it was asked, so that an answer tells which
// app has got which request.
package prove
