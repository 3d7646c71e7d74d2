package site

import "testing"

func TestCompressedTypes(t *testing.T) {
	standard := &Compress{Types: CompressedTypes()}
	for name, takes := range map[string]bool{
		"text/html; charset=utf-8": true, "Text/Plain": true, "application/json": true, "application/ld+json;v=1": true,
		"image/svg+xml": true, "application/wasm": true, "font/ttf": true, " text/css ": true, "text/event-stream": true,
		"": false, "text": false, "application/jsonp": false, "image/png": false, "font/woff2": false, "application/zip": false,
		"application/octet-stream": false, "video/mp4": false, "application/pdf": false, "xtext/html": false,
	} {
		if standard.Takes(name) != takes {
			t.Errorf("%q: %t, want %t", name, !takes, takes)
		}
	}
	all := &Compress{Types: []string{"*"}}
	if !all.Takes("application/octet-stream") || all.Takes("image/webp") || all.Takes("application/gzip") {
		t.Error(`"*" takes what is compressed, or leaves something else`)
	}
	odd := &Compress{Types: []string{"a/*b*c"}}
	for name, takes := range map[string]bool{"a/bc": true, "a/xbyc": true, "a/cb": false, "a/b": false, "a/c": false, "a/bcx": false} {
		if odd.Takes(name) != takes {
			t.Errorf("a/*b*c, %q: %t, want %t", name, !takes, takes)
		}
	}
}
