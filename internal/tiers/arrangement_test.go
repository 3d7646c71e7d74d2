package tiers

import (
	"testing"

	"edgegen/internal/engines"
)

func TestEveryDaemonHasAServer(t *testing.T) {
	for _, d := range engines.Daemons() {
		if serving()[d.Name] == nil {
			t.Errorf("nothing starts %s", d.Name)
		}
	}
	if len(serving()) != len(engines.Daemons()) {
		t.Errorf("%d servers for %d daemons", len(serving()), len(engines.Daemons()))
	}
}
