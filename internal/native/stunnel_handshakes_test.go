package native

import "testing"

// The lines are the kernel's own (proc_pid_syscall(5)).
func TestParseSyscall(t *testing.T) {
	for name, c := range map[string]struct {
		line      string
		number    int64
		arguments [3]uint64
	}{
		"in a handshake": {"7 0x7f4a5400c4d0 0x2 0xbb8 0x0 0x0 0x0 0x7f4a5c4abb20 0x7f4a5d23e26f\n", 7, [3]uint64{0x7f4a5400c4d0, 2, 3000}},
		"for ever":       {"7 0x564121f59650 0x3 0xffffffff 0x8 0x0 0x0 0x7ffc85039b10 0x7f4a5d23e26f\n", 7, [3]uint64{0x564121f59650, 3, 0xffffffff}},
		"in no call":     {"-1 0x7ffc85039b10 0x7f4a5d23e26f\n", -1, [3]uint64{}},
		"running":        {"running\n", -1, [3]uint64{}},
		"nothing":        {"", -1, [3]uint64{}},
		"something else": {"7 a b c d", -1, [3]uint64{}},
	} {
		t.Run(name, func(t *testing.T) {
			number, arguments := parseSyscall(c.line)
			if number != c.number || number >= 0 && arguments != c.arguments {
				t.Errorf("%d, %#x", number, arguments)
			}
		})
	}
}
