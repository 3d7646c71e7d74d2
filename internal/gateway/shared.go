package gateway

import (
	"slices"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"edgegen/internal/config"
)

// LoadShared loads a file that all edges are to share, before there is any: its Edge is
// what objects do not say of each. "" has the defaults. The error is a *config.Refused
// where the file cannot be shared. What of it does not go with what objects say shows
// with them.
func LoadShared(file string) (*config.Loaded, error) {
	const nowhere = "/nonexistent/" + SiteFile
	e := &edge{port: plainPort, listeners: []*listener{{of: &gateway{Gateway: &gatewayv1.Gateway{}}}}, hosts: map[string]*host{}}
	written := e.write(&builder{})
	reader := config.NewReader(nowhere, nil)
	reader.Hold(nowhere, written.Site())
	reader.Share(file)
	loaded, diagnostics := reader.Load()
	if loaded.Edge == nil {
		own := func(d config.Diagnostic) bool { return d.File == nowhere }
		return nil, &config.Refused{Diagnostics: slices.DeleteFunc(diagnostics, own)}
	}
	return loaded, nil
}
