package entity

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"edgegen/internal/dataplane/wire"
)

const text = "0123456789"

func whole() Whole {
	return Whole{Status: 200, Size: int64(len(text)),
		Header: wire.Header{{Name: "ETag", Value: `"v1"`}, {Name: "Last-Modified", Value: "Mon, 01 Jan 2024 00:00:00 GMT"}, {Name: "Content-Type", Value: "text/plain"}},
		Open: func(offset, length int64) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader([]byte(text[offset : offset+length]))), nil
		}}
}

func TestAnswer(t *testing.T) {
	const at, before, after = "Mon, 01 Jan 2024 00:00:00 GMT", "Sun, 31 Dec 2023 00:00:00 GMT", "Tue, 02 Jan 2024 00:00:00 GMT"
	tests := map[string]struct {
		fields []string
		want   string
	}{
		"nothing asked":                     {nil, "200 10 0123456789"},
		"tag":                               {[]string{"If-None-Match", `"v1"`}, "304 -1 "},
		"weak tag":                          {[]string{"If-None-Match", `W/"v1"`}, "304 -1 "},
		"tag in a list":                     {[]string{"If-None-Match", `"a,b", "v1"`}, "304 -1 "},
		"other tag":                         {[]string{"If-None-Match", `"v2"`}, "200 10 0123456789"},
		"tag before date":                   {[]string{"If-None-Match", `"v2"`, "If-Modified-Since", after}, "200 10 0123456789"},
		"date":                              {[]string{"If-Modified-Since", at}, "304 -1 "},
		"earlier date":                      {[]string{"If-Modified-Since", before}, "200 10 0123456789"},
		"no date":                           {[]string{"If-Modified-Since", "yesterday"}, "200 10 0123456789"},
		"old format":                        {[]string{"If-Modified-Since", "Monday, 01-Jan-24 00:00:00 GMT"}, "304 -1 "},
		"If-Match":                          {[]string{"If-Match", `"v1"`}, "200 10 0123456789"},
		"If-Match, weak":                    {[]string{"If-Match", `W/"v1"`}, "412 0 "},
		"If-Match, any":                     {[]string{"If-Match", `*`}, "200 10 0123456789"},
		"If-Unmodified-Since":               {[]string{"If-Unmodified-Since", before}, "412 0 "},
		"range":                             {[]string{"Range", "bytes=0-0"}, "206 1 0"},
		"range, beyond":                     {[]string{"Range", "bytes=8-99"}, "206 2 89"},
		"range, suffix beyond":              {[]string{"Range", "bytes=-99"}, "206 10 0123456789"},
		"range, empty suffix":               {[]string{"Range", "bytes=-0"}, "416 0 "},
		"range, one of two beyond":          {[]string{"Range", "bytes=99-, 1-2"}, "206 2 12"},
		"range, backwards":                  {[]string{"Range", "bytes=5-2"}, "200 10 0123456789"},
		"range, nonsense":                   {[]string{"Range", "bytes=a-b"}, "200 10 0123456789"},
		"range, twice":                      {[]string{"Range", "bytes=0-0", "Range", "bytes=1-1"}, "200 10 0123456789"},
		"If-Range, tag":                     {[]string{"Range", "bytes=0-0", "If-Range", `"v1"`}, "206 1 0"},
		"If-Range, weak tag":                {[]string{"Range", "bytes=0-0", "If-Range", `W/"v1"`}, "200 10 0123456789"},
		"If-Range, date":                    {[]string{"Range", "bytes=0-0", "If-Range", at}, "206 1 0"},
		"If-Range, later date":              {[]string{"Range", "bytes=0-0", "If-Range", after}, "200 10 0123456789"},
		"not modified goes before the part": {[]string{"Range", "bytes=0-0", "If-None-Match", `"v1"`}, "304 -1 "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var h wire.Header
			for i := 0; i < len(test.fields); i += 2 {
				h.Add(test.fields[i], test.fields[i+1])
			}
			r, err := Answer("GET", h, whole())
			if err != nil {
				t.Fatal(err)
			}
			var body []byte
			if r.Body != nil {
				body, _ = io.ReadAll(r.Body)
			}
			if got := fmt.Sprintf("%d %d %s", r.Status, r.Length, body); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestSeveralRanges(t *testing.T) {
	r, err := Answer("GET", wire.Header{{Name: "Range", Value: "bytes=0-1,4-5,-1"}}, whole())
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || int64(len(body)) != r.Length || bytes.Count(body, []byte("Content-Range: bytes ")) != 3 {
		t.Errorf("%d %q %v", r.Length, body, err)
	}
}

// FuzzRange: a part lies within the representation, and parts are no more
// than it.
func FuzzRange(f *testing.F) {
	for _, seed := range []string{"bytes=0-0", "bytes=-5", "bytes=5-", "bytes=0-1,3-4", "bytes=9223372036854775807-", "bytes=-9223372036854775808", "lines=1-2", "bytes = 1 - 2 , 3-"} {
		f.Add(seed, int64(10))
	}
	f.Fuzz(func(t *testing.T, value string, size int64) {
		if size < 1 {
			return
		}
		spans, ok := Ranges(value, size)
		if !ok {
			return
		}
		for _, s := range spans {
			if s.offset < 0 || s.length < 1 || s.offset > size-s.length {
				t.Fatalf("%q of %d: %+v", value, size, s)
			}
		}
	})
}
