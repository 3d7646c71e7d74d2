package render

import (
	"testing"

	"edgegen/internal/engines"
)

func TestEveryDaemonHasTemplates(t *testing.T) {
	for _, d := range engines.Daemons() {
		if fillers()[d.Name] == nil {
			t.Errorf("nothing is rendered for %s", d.Name)
		}
	}
	if len(fillers()) != len(engines.Daemons()) {
		t.Errorf("%d daemons are rendered for, of %d", len(fillers()), len(engines.Daemons()))
	}
}
