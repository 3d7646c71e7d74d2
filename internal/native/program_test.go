package native

import "testing"

func TestEveryDaemonIsUnderstood(t *testing.T) {
	for _, p := range programs() {
		if p.versionArgument == "" || p.version == nil || p.parseFeatures == nil || p.locate == nil || len(p.voices) == 0 {
			t.Errorf("nothing reads what %s says", p.Name)
		}
	}
}
