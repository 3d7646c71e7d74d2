package gate

import (
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var timings = flag.Int("timings", 0, "how often TestA5Timing asks for a user and for none (0: not at all)")

// TestA5Timing measures whether the time that a wrong password takes tells a user from no
// user: of a user's refusal and one of nobody's, each is to take longer half of the time.
func TestA5Timing(t *testing.T) {
	if *timings == 0 {
		t.Skip("a measurement: -timings 1000")
	}
	path := filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(path, []byte("alice:"+secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	k := New(slog.New(slog.DiscardHandler))
	defer k.Close()
	users := k.Users(path)
	took := func(name string) time.Duration {
		began := time.Now()
		if right, err := users.Check(t.Context(), name, fmt.Sprint(rand.N(1_000_000))); right || err != nil {
			t.Fatal(right, err)
		}
		return time.Since(began)
	}
	var known, unknown []time.Duration
	for range *timings {
		if rand.N(2) == 0 {
			known, unknown = append(known, took("alice")), append(unknown, took(fmt.Sprint(rand.N(1_000_000))))
		} else {
			unknown, known = append(unknown, took(fmt.Sprint(rand.N(1_000_000)))), append(known, took("alice"))
		}
	}
	longer := 0.0
	for _, a := range known {
		for _, b := range unknown {
			if a > b {
				longer++
			}
		}
	}
	share := longer / float64(len(known)*len(unknown))
	t.Logf("a user's takes longer in %.3f of all pairs", share)
	if share < 0.4 || share > 0.6 {
		t.Error("the time tells who is a user")
	}
}
