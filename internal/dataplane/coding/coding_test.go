package coding

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

func decode(t *testing.T, coding string, body io.Reader) (string, error) {
	t.Helper()
	reader := body
	switch coding {
	case "gzip":
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			return "", err
		}
		reader = unpacked
	case "br":
		reader = brotli.NewReader(body)
	case "zstd":
		unpacked, err := zstd.NewReader(body)
		if err != nil {
			return "", err
		}
		defer unpacked.Close()
		reader = unpacked
	}
	text, err := io.ReadAll(reader)
	return string(text), err
}

// TestCodings puts bodies into each coding, whole and as they come, with encoders
// that were used before and left in the middle.
func TestCodings(t *testing.T) {
	coders := &Coders{}
	for _, coding := range []string{"gzip", "br", "zstd"} {
		for _, body := range []string{"", "x", strings.Repeat("some words ", 20_000)} {
			form, err := coders.Whole(coding, strings.NewReader(body))
			if text, failed := decode(t, coding, bytes.NewReader(form)); err != nil || failed != nil || text != body {
				t.Errorf("%s of %d bytes: %v, %v", coding, len(body), err, failed)
			}
			left, err := coders.Stream(coding, io.NopCloser(strings.NewReader(body)))
			if err != nil {
				t.Fatal(err)
			}
			_, _ = left.Read(make([]byte, 5)) // of an empty body there is that, too
			left.Close()
			stream, err := coders.Stream(coding, io.NopCloser(strings.NewReader(body)))
			if err != nil {
				t.Fatal(err)
			}
			if text, err := decode(t, coding, stream); err != nil || text != body {
				t.Errorf("%s of %d bytes as they come: %v", coding, len(body), err)
			}
			stream.Close()
		}
	}
	if _, err := coders.Stream("deflate", nil); err == nil {
		t.Error("deflate is known")
	}
	if _, err := coders.Whole("deflate", nil); err == nil {
		t.Error("deflate is known")
	}
}

// pieces is a body that comes piece by piece, and has to be waited for in between.
type pieces struct {
	left []string
	end  error
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.left) == 0 {
		return 0, p.end
	}
	n := copy(b, p.left[0])
	p.left = p.left[1:]
	return n, nil
}

func (p *pieces) Close() error { return nil }

// TestEachPieceComes reads each piece before there is another.
func TestEachPieceComes(t *testing.T) {
	broken := errors.New("cut short")
	for _, coding := range []string{"gzip", "br", "zstd"} {
		body := &pieces{end: broken}
		stream, err := (&Coders{}).Stream(coding, body)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		for _, piece := range []string{"one", "two", "three"} {
			body.left = []string{piece}
			if n, err := io.CopyN(&got, stream, 1); n != 1 || err != nil {
				t.Fatalf("%s: %q: %v", coding, piece, err)
			}
			for !stream.(interface{ Waits() bool }).Waits() {
				if _, err := io.CopyN(&got, stream, 1); err != nil {
					t.Fatal(err)
				}
			}
			if text, _ := decode(t, coding, bytes.NewReader(got.Bytes())); !strings.HasSuffix(text, piece) {
				t.Errorf("%s: %q has not come: %q", coding, piece, text)
			}
		}
		if _, err := io.Copy(&got, stream); !errors.Is(err, broken) {
			t.Errorf("%s: what breaks off ends with %v", coding, err)
		}
		stream.Close()
	}
}

func TestFormsAreMadeOnce(t *testing.T) {
	var made, grown atomic.Int64
	forms := &Forms{Grown: func() { grown.Add(1) }}
	encode := func() ([]byte, error) { made.Add(1); return []byte("form"), nil }
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if form, err := forms.In("br", encode); err != nil || string(form) != "form" {
				t.Errorf("%q, %v", form, err)
			}
		})
	}
	all.Wait()
	if _, known := forms.Known("gzip"); made.Load() != 1 || grown.Load() != 1 || forms.Size() != 4 || known {
		t.Errorf("made %d times, told %d times, %d bytes", made.Load(), grown.Load(), forms.Size())
	}
	failed := errors.New("no body")
	if _, err := forms.In("gzip", func() ([]byte, error) { return nil, failed }); !errors.Is(err, failed) || forms.Size() != 4 {
		t.Errorf("%v, %d bytes", err, forms.Size())
	}
}

func BenchmarkWhole(b *testing.B) {
	body, err := os.ReadFile("../../../README.md")
	if err != nil {
		b.Fatal(err)
	}
	for _, coding := range []string{"gzip", "br", "zstd"} {
		b.Run(coding, func(b *testing.B) {
			coders := &Coders{}
			b.SetBytes(int64(len(body)))
			size := 0
			for b.Loop() {
				form, err := coders.Whole(coding, bytes.NewReader(body))
				if err != nil {
					b.Fatal(err)
				}
				size = len(form)
			}
			b.ReportMetric(float64(size)/float64(len(body)), "ratio")
		})
	}
}
