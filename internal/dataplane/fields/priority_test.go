package fields

import (
	"testing"

	"edgegen/internal/dataplane/wire"
)

func TestParsePriority(t *testing.T) {
	for value, want := range map[string]Priority{
		"":              {Urgency: 3},
		"u=0":           {Urgency: 0, Told: true},
		"u=7, i":        {Urgency: 7, Incremental: true, Told: true},
		"i, u=1":        {Urgency: 1, Incremental: true, Told: true},
		"i=?0":          {Urgency: 3, Told: true},
		"i=?1;a=b, u=2": {Urgency: 2, Incremental: true, Told: true},
		"u=8":           {Urgency: 3},
		"u=-1, i=1":     {Urgency: 3},
		"u=33":          {Urgency: 3},
		"x=1, \x00":     {Urgency: 3},
	} {
		if got := PriorityOf(wire.Header{{Name: "priority", Value: value}}); got != want {
			t.Errorf("%q: %+v", value, got)
		}
		want.Told = true
		if got := PriorityUpdate(value); got != want {
			t.Errorf("updated %q: %+v", value, got)
		}
	}
}
