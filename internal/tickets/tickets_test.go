package tickets

import (
	"bytes"
	"testing"
	"time"
)

// D3: what is sealed in a period is opened in it and in the next one, at any edge of the
// cluster, and by nobody else.
func TestD3Periods(t *testing.T) {
	now := time.Date(2026, 12, 1, 11, 59, 59, 0, time.UTC)
	keys := Keys("secret", "builtin", 32, now)
	if len(keys) != 3 || len(keys[0]) != 32 {
		t.Fatalf("%x", keys)
	}
	opens := func(keys [][]byte, sealed []byte) bool {
		for _, key := range keys {
			if bytes.Equal(key, sealed) {
				return true
			}
		}
		return false
	}
	for after, want := range map[time.Duration]bool{0: true, time.Second: true, Period: true, Period + time.Second: false, 3 * Period: false, -time.Second: true} {
		if opened := opens(Keys("secret", "builtin", 32, now.Add(after)), keys[0]); opened != want {
			t.Errorf("after %v it is opened: %v", after, opened)
		}
	}
	if next := Next(now); !next.Equal(now.Add(time.Second)) || Number(next) != Number(now)+1 {
		t.Errorf("the next period begins %v", next)
	}
	for _, other := range [][][]byte{Keys("another", "builtin", 32, now), Keys("secret", "nginx", 32, now)} {
		if opens(other, keys[0]) {
			t.Error("somebody else opens it")
		}
	}
	if alone := Keys("", "builtin", 32, now); alone != nil {
		t.Errorf("an edge of its own has %x", alone)
	}
}
