package h2

import (
	"strings"
	"testing"

	"golang.org/x/net/http2/hpack"
)

// decode reads a block as a client does.
func decode(t testing.TB, d *hpack.Decoder, block []byte) []hpack.HeaderField {
	t.Helper()
	var out []hpack.HeaderField
	d.SetEmitFunc(func(f hpack.HeaderField) { out = append(out, f) })
	if _, err := d.Write(block); err != nil {
		t.Fatalf("%x: %v", block, err)
	}
	if err := d.Close(); err != nil {
		t.Fatalf("%x: %v", block, err)
	}
	return out
}

// What is repeated costs a byte, what is not leaves the table alone, and cookies
// are never put into it.
func TestEncoderTable(t *testing.T) {
	var e encoder
	e.init()
	d := hpack.NewDecoder(defaultTableSize, nil)
	block := func(pairs ...string) int {
		t.Helper()
		b := e.begin(nil)
		for i := 0; i < len(pairs); i += 2 {
			b = e.field(b, pairs[i], pairs[i+1])
		}
		got := decode(t, d, b)
		for i := 0; i < len(pairs); i += 2 {
			if f := got[i/2]; f.Name != strings.ToLower(pairs[i]) || f.Value != pairs[i+1] {
				t.Fatalf("got %v, want %v", got, pairs)
			}
		}
		return len(b)
	}
	same := []string{"Content-Type", "text/html; charset=utf-8", "X-Cache", "HIT"}
	block(same...)
	block(same...)
	if n := block(same...); n != 2 {
		t.Errorf("the third time takes %d bytes", n)
	}
	if n := block("x-CACHE", "HIT"); n != 1 {
		t.Errorf("in another case: %d bytes", n)
	}
	for i := range 1000 {
		block("ETag", strings.Repeat("x", i%50)+string(rune('0'+i%10))+strings.Repeat("y", i/20))
	}
	if n := block(same...); n != 2 {
		t.Errorf("pushed out by what came once: %d bytes", n)
	}
	for range 3 {
		if n := block("Set-Cookie", "id=1234567890"); n < 5 {
			t.Errorf("a cookie is in the table: %d bytes", n)
		}
	}
	e.resize(0)
	e.resize(64)
	d.SetAllowedMaxDynamicTableSize(64)
	for range 3 {
		block("a", "b")
	}
	if n := block("a", "b"); n != 1 {
		t.Errorf("a small table: %d bytes", n)
	}
	e.resize(0)
	for range 3 {
		block(same...)
	}
}

// FuzzEncoder: what is encoded, the client decodes.
func FuzzEncoder(f *testing.F) {
	f.Add("Content-Type\x00text/html\x00X\x00y\x00Content-Type\x00text/html\x00Content-Type\x00text/html", uint16(100))
	f.Fuzz(func(t *testing.T, text string, size uint16) {
		var e encoder
		e.init()
		d := hpack.NewDecoder(defaultTableSize, nil)
		parts := strings.Split(text, "\x00")
		for round := range 4 {
			if round == 2 {
				e.resize(uint32(size))
			}
			b := e.begin(nil)
			for i := 0; i+1 < len(parts); i += 2 {
				b = e.field(b, parts[i], parts[i+1])
			}
			for i, f := range decode(t, d, b) {
				if f.Name != strings.ToLower(parts[2*i]) || f.Value != parts[2*i+1] {
					t.Fatalf("%q became %v", parts, f)
				}
			}
			if e.size > e.max {
				t.Fatalf("%d bytes of %d", e.size, e.max)
			}
		}
	})
}
