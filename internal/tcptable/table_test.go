package tcptable

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// word writes four bytes of an address as the kernel does.
func word(a, b, c, d byte) string {
	return fmt.Sprintf("%08X", binary.NativeEndian.Uint32([]byte{a, b, c, d}))
}

func TestParse(t *testing.T) {
	text := "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n" +
		"   0: " + word(127, 0, 0, 1) + ":1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000    33        0 58113 1 0000 100 0 0 10 0\n" +
		"   1: " + word(127, 0, 0, 1) + ":1F91 " + word(127, 0, 0, 1) + ":9999 01 00000010:00000000 00:00000000 00000000     0        0 58114 1 0000 100 0 0 10 0\n" +
		"   2: " + word(0, 0, 0, 0) + word(0, 0, 0, 0) + word(0, 0, 0, 0) + word(0, 0, 0, 1) + ":0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7 1 0000\n" +
		"   3: nonsense 00000000:0000 0A 0:0 0:0 0 0 0 8 1\n" +
		"   4: short\n"
	want := []Socket{
		{netip.MustParseAddrPort("127.0.0.1:8080"), netip.MustParseAddrPort("0.0.0.0:0"), Listening, false, "33", "58113"},
		{netip.MustParseAddrPort("127.0.0.1:8081"), netip.MustParseAddrPort("127.0.0.1:39321"), Established, true, "0", "58114"},
		{netip.MustParseAddrPort("[::1]:80"), netip.MustParseAddrPort("[::]:0"), Listening, false, "0", "7"},
	}
	equal := cmp.Comparer(func(a, b Socket) bool { return a == b })
	if diff := cmp.Diff(want, parse(text), equal); diff != "" {
		t.Error(diff)
	}
}
