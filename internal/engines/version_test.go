package engines

import "testing"

func TestOlderThan(t *testing.T) {
	for _, test := range []struct {
		version, minimum string
		want             bool
	}{
		{"5.50", "5.50", false},
		{"5.49", "5.50", true},
		{"5.100", "5.50", false},
		{"4.99", "5.50", true},
		{"6", "5.50", false},
		{"6.2", "6.2", false},
		{"6.2.1", "6.2", false},
		{"6", "6.2", true},
		{"6.0.13", "6.2", true},
		{"1.22.1", "1.18", false},
		{"1.99999999999999999999", "1.18", false},
	} {
		if got := OlderThan(test.version, test.minimum); got != test.want {
			t.Errorf("OlderThan(%q, %q) = %t", test.version, test.minimum, got)
		}
	}
}
