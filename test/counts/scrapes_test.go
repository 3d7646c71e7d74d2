package counts

import (
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"testing"

	"edgegen/test/edge"
)

// TestO4ScrapesLeakNothing scrapes the metrics many times over connections that are kept
// open, leaves some scrapes in the middle, and holds that no goroutine, descriptor or
// memory is left of that.
func TestO4ScrapesLeakNothing(t *testing.T) {
	p := start(t, edge.BuiltIn)
	p.round(40)
	address := p.Status().Metrics[0]
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2}}
	defer client.CloseIdleConnections()
	scrape := func(count int) (last string) {
		for i := range count {
			if i%100 == 0 {
				leave(t, address)
			}
			response, err := client.Get("http://" + address + "/metrics")
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(response.Body)
			response.Body.Close()
			if err != nil || response.StatusCode != http.StatusOK {
				t.Fatal(response.Status, err)
			}
			last = string(text)
		}
		return last
	}
	before := scrape(max(100, *scrapes/10)) // buffers grow to their size
	after := scrape(*scrapes)
	for name, more := range map[string]float64{"go_goroutines": 10, "process_open_fds": 10, "process_resident_memory_bytes": 32 << 20} {
		was, is := valueOf(t, before, name), valueOf(t, after, name)
		t.Logf("%s: %.0f before, %.0f after %d scrapes", name, was, is, *scrapes)
		if is > was+more {
			t.Errorf("%s is %.0f after %d scrapes, and was %.0f before", name, is, *scrapes, was)
		}
	}
	p.Stop()
}

// leave asks for the metrics and goes away before the answer.
func leave(t *testing.T, address string) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
}

func valueOf(t *testing.T, text, name string) float64 {
	t.Helper()
	found := regexp.MustCompile(`(?m)^` + name + ` ([0-9.e+]+)$`).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("%s is not told", name)
	}
	value, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}
