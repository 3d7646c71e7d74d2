package dataplane

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// Of each of five answers that outgrow what is stored, one of two clients who
// share the fetch stops reading. The other gets all of it, what others ask for
// is stored meanwhile, and the one who stopped never takes his part for whole.
func TestK3Laggards(t *testing.T) {
	const streams, size = 5, 24 << 20 // of 32 MiB an eighth may be stored
	gates := make([]chan struct{}, streams)
	for i := range gates {
		gates[i] = make(chan struct{})
	}
	var mu sync.Mutex
	asked := map[string]int{}
	e := start(t, simple(t, app(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked[r.URL.Path]++
		mu.Unlock()
		w.Header().Set("Cache-Control", "max-age=60")
		var n int
		if _, err := fmt.Sscanf(r.URL.Path, "/big/%d", &n); err != nil {
			_, _ = io.WriteString(w, "small")
			return
		}
		_, _ = io.WriteString(w, "x")
		w.(http.Flusher).Flush()
		<-gates[n]
		block := strings.Repeat("y", 1<<20)
		for range size >> 20 {
			if _, err := io.WriteString(w, block); err != nil {
				return
			}
		}
	})))
	open := func(path string) *http.Response {
		c := e.dial(t)
		_ = c.SetDeadline(time.Now().Add(time.Minute)) // the test fails where it cannot be set
		_, _ = io.WriteString(c, request("GET", path))
		r, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		first := make([]byte, 1)
		if _, err := io.ReadFull(r.Body, first); err != nil || first[0] != 'x' {
			t.Fatalf("%q %v", first, err)
		}
		return r
	}
	var laggards []*http.Response
	var readers sync.WaitGroup
	for n := range streams {
		path := fmt.Sprintf("/big/%d", n)
		laggards = append(laggards, open(path))
		reader := open(path)
		readers.Go(func() {
			if got, err := io.Copy(io.Discard, reader.Body); got != size || err != nil {
				t.Errorf("%s: %d bytes, %v", path, got, err)
			}
		})
	}
	for _, gate := range gates {
		close(gate)
	}
	readers.Wait()
	for i := range 20 {
		path := fmt.Sprintf("/small/%d", i)
		e.get(t, path)
		eventually(t, "stored", func() bool { return e.get(t, path).Header.Get("X-Cache") == "HIT" })
	}
	for _, laggard := range laggards {
		if got, err := io.Copy(io.Discard, laggard.Body); err == nil {
			t.Errorf("who stopped reading got %d bytes as if they were all", got)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	for n := range streams {
		if path := fmt.Sprintf("/big/%d", n); asked[path] != 1 {
			t.Errorf("%s was fetched %d times", path, asked[path])
		}
	}
}
