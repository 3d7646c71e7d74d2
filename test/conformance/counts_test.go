package conformance

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"edgegen/test/edge"
)

// countCases are O1: what is counted is what clients asked, with the labels that the
// site gives, whoever serves. Nobody else asks the site counted.test.
func countCases() []contractCase {
	return []contractCase{{clause: "O1", name: "requests are counted by route, backend, tier, status and verdict", caches: true, run: counted},
		{clause: "O5", name: "lines have the fields that the site names, and some requests none", edge: "quick", run: chosenFields}}
}

// chosenFields asks for a path that is left out of the log, and then for another.
func chosenFields(a *attempt) {
	a.ask(get("quick.test", "/excluded/x"))
	a.ask(get("quick.test", "/files/none"))
	var lines []string
	for deadline := time.Now().Add(patience); len(lines) == 0 && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) { // between two looks
		lines = a.linesBefore()
	}
	a.compare("the log", strings.Join(lines, ""), `{"route":"/files","site":"quick.test","status":200,"path":"/files/none?case={case}"}`+"\n")
}

// countedRequest is a request with the labels that it is counted with.
type countedRequest struct {
	request                      string
	route, backend, tier, status string
	cache                        string // "" for what the answer says
}

func countedRequests() []countedRequest {
	const host = "counted.test"
	return []countedRequest{
		{get(host, "/nothing"), "/", "app", "backend", "2xx", ""},
		{get(host, "/NOTHING"), "/", "app", "backend", "2xx", ""},
		{get("COUNTED.test.", "//letters.txt"), "/", "", "web", "2xx", ""},
		{get(host, "/letters.txt", "Range: bytes=100-"), "/", "", "web", "4xx", ""},
		{ask("HEAD", host, "/letters.txt", ""), "/", "", "web", "2xx", ""},
		{ask("POST", host, "/form", "hello", "Content-Length: 5"), "/", "app", "backend", "2xx", "PASS"},
		{get(host, "/ttl/counted"), "/ttl", "app", "backend", "2xx", "MISS"},
		{get(host, "/ttl/counted"), "/ttl", "", "cache", "2xx", "HIT"},
		{ask("HEAD", host, "/ttl/counted", ""), "/ttl", "", "cache", "2xx", "HIT"},
		{get(host, "/exact"), "= /exact", "app", "backend", "2xx", ""},
		{ask("POST", host, "/exact", "", "Content-Length: 0"), "= /exact", "", "cache", "4xx", "PASS"},
		{get(host, "/u/7"), "~ ^/u/[0-9]+$", "", "web", "3xx", ""},
		{get(host, "/dead"), "/dead", "dead", "web", "5xx", ""},
		{get(host, "/ws", "Connection: Upgrade", "Upgrade: websocket"), "/ws", "", "cache", "4xx", "PASS"},
		{get(host, "/..%2f"), "", "", "cache", "4xx", "PASS"},
		{get("www.counted.test", "/x"), "", "", "cache", "3xx", "PASS"},
	}
}

// counted asks each request, and holds what has been counted since against that.
func counted(a *attempt) {
	before, want := a.edge.counts(a), map[string]float64{}
	for _, one := range countedRequests() {
		if a.over != http1 && strings.Contains(one.request, "Upgrade: websocket") {
			continue // only HTTP/1.1 has such a handshake
		}
		got := a.askFrom("127.0.0.5", one.request)
		cache := got.header.Get("X-Cache")
		if one.cache != "" {
			a.compare("X-Cache of "+one.request, cache, one.cache)
		}
		a.compare("status of "+one.request, strconv.Itoa(got.status/100)+"xx", one.status)
		site := "counted.test"
		if strings.Contains(one.request, "..") {
			site = "" // it is refused before anybody looks at its host
		}
		want[fmt.Sprintf("backend=%q,cache=%q,route=%q,site=%q,status=%q,tier=%q", one.backend, cache, one.route, site, one.status, one.tier)]++
	}
	maps.DeleteFunc(want, func(labels string, _ float64) bool { return !strings.Contains(labels, `site="counted.test"`) })
	var since map[string]float64
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) { // between two looks
		since = a.edge.counts(a)
		maps.DeleteFunc(since, func(labels string, n float64) bool {
			return n == before[labels] || !strings.Contains(labels, `site="counted.test"`)
		})
		for labels := range since {
			since[labels] -= before[labels]
		}
		if maps.Equal(since, want) || time.Now().After(deadline) {
			break
		}
	}
	for _, labels := range slices.Sorted(maps.Keys(want)) {
		if since[labels] != want[labels] {
			a.errorf("%s is counted %v times, want %v", labels, since[labels], want[labels])
		}
		delete(since, labels)
	}
	for labels, n := range since {
		a.errorf("%s is counted %v times, and nobody asked", labels, n)
	}
}

// counts are the requests by their labels.
func (s *subject) counts(a *attempt) map[string]float64 {
	text, err := s.scrape()
	if err != nil {
		a.fatalf("%v", err)
	}
	return edge.RequestCounts(text)
}

// scrape asks for the metrics.
func (s *subject) scrape() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.metrics+"/metrics", nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("the metrics are answered %s: %s", response.Status, text)
	}
	return string(text), err
}

// holdCounts holds that after the whole corpus, with all that is hostile in it, each
// line of the access log has been counted once (O1).
func holdCounts(t *testing.T, s *subject) {
	t.Helper()
	var lines int
	var sum float64
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) { // between two looks
		text, err := s.scrape()
		if err != nil {
			t.Fatal(err)
		}
		sum = 0
		for _, n := range edge.RequestCounts(text) {
			sum += n
		}
		if lines, err = s.log.count(); err != nil {
			t.Fatal(err)
		}
		if float64(lines) == sum || time.Now().After(deadline) {
			break
		}
	}
	if float64(lines) != sum {
		t.Errorf("%v requests are counted, and %d are in the access log", sum, lines)
	}
}
