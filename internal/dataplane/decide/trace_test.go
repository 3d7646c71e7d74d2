package decide

import (
	"math"
	"strings"
	"testing"

	"edgegen/internal/site"
)

func TestValidTrace(t *testing.T) {
	const good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	for _, s := range []string{good, "00-" + strings.Repeat("0", 31) + "1-0000000000000001-00", "cc" + good[2:], "cc" + good[2:] + "-what-the-future", "01" + good[2:] + "-"} {
		if !ValidTrace(s) {
			t.Errorf("%q is refused", s)
		}
	}
	for _, s := range []string{"", good[1:], good + "-", good + "-x", "ff" + good[2:], strings.ToUpper(good), good[:3] + strings.Repeat("0", 32) + good[35:],
		good[:36] + strings.Repeat("0", 16) + good[52:], good + "," + good, "cc" + good[2:] + "x", "cc" + good[2:] + "-" + strings.Repeat("x", 201), "cc" + good[2:] + "-a b",
		"cc" + good[2:] + "-\u00e4", "0x" + good[2:], good[:53] + "0g"} {
		if ValidTrace(s) {
			t.Errorf("%q is taken", s)
		}
	}
}

// TestNewTraceSample holds that the share that is sampled is the one that is written.
func TestNewTraceSample(t *testing.T) {
	const trials = 20000
	for _, share := range []float64{0, 0.1, 0.5, 1} {
		m := &Model{edge: &site.Edge{Trace: &site.Trace{Sample: share}}}
		sampled := 0
		for range trials {
			made := m.newTrace()
			if !ValidTrace(made) {
				t.Fatalf("%q is made", made)
			}
			if strings.HasSuffix(made, "-01") {
				sampled++
			}
		}
		if deviation := 6 * math.Sqrt(trials*share*(1-share)); math.Abs(float64(sampled)-trials*share) > deviation {
			t.Errorf("of %d, %d are sampled, at a share of %v", trials, sampled, share)
		}
	}
}
