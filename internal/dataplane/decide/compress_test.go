package decide

import (
	"testing"

	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// TestWanted is Z1: the corpus asks more of it, of all engines.
func TestWanted(t *testing.T) {
	for takes, want := range map[string]struct {
		best string
		gzip bool
	}{
		"gzip": {"gzip", true}, "br": {"br", false}, "gzip;q=0.999, br;q=0.998": {"gzip", true}, "zstd, br, gzip": {"br", true},
		"gzip;q=0": {"", false}, "*;q=0.5, gzip;q=0": {"br", false}, "*": {"br", true}, "identity": {"", false}, "identity, gzip;q=0.9": {"", true},
		"gzip;q=1.1": {"", false}, "gzip;q=1.": {"gzip", true}, "gzip;q=.5": {"", false}, "gzip;q=0.0001": {"", false}, "gzip;q=": {"", false},
		"gzip;foo=1;q=0": {"", false}, ",,gzip,,": {"gzip", true}, ";q=1": {"", false}, "x-gzip;q=0.1": {"gzip", true},
	} {
		best, gzip := wanted(wire.Header{{Name: "accept-ENCODING", Value: takes}}, site.Codings())
		if best != want.best || gzip != want.gzip {
			t.Errorf("%q: %q and %t, want %q and %t", takes, best, gzip, want.best, want.gzip)
		}
	}
	if best, gzip := wanted(wire.Header{{Name: "Accept-Encoding", Value: "gzip"}, {Name: "Range", Value: "bytes=0-1"}}, site.Codings()); best != "" || gzip {
		t.Errorf("with a Range: %q and %t", best, gzip)
	}
	if best, _ := wanted(wire.Header{{Name: "Accept-Encoding", Value: "br"}, {Name: "Accept-Encoding", Value: "gzip"}}, []string{"gzip"}); best != "gzip" {
		t.Errorf("in two lines: %q", best)
	}
}

func FuzzWanted(f *testing.F) {
	f.Add("gzip;q=0.5, *;q=0")
	f.Fuzz(func(t *testing.T, takes string) {
		best, _ := wanted(wire.Header{{Name: "Accept-Encoding", Value: takes}}, site.Codings())
		if _, weight := weighed(takes); weight < 0 || weight > 1000 {
			t.Errorf("%q weighs %d", takes, weight)
		}
		if best == "" {
			return
		}
		if again, _ := wanted(wire.Header{{Name: "Accept-Encoding", Value: takes}, {Name: "Accept-Encoding", Value: best + ";q=1"}}, []string{best}); again != best {
			t.Errorf("%q gives %q, and with that once more %q", takes, best, again)
		}
	})
}
