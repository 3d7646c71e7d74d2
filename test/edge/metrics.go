package edge

import (
	"io"
	"net/http"
	"regexp"
	"strconv"
)

// Metrics scrapes them.
func (e *Edge) Metrics() string {
	e.t.Helper()
	response, err := http.Get("http://" + e.Status().Metrics[0] + "/metrics")
	if err != nil {
		e.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		e.t.Fatal(response.Status, err)
	}
	return string(text)
}

var countForm = regexp.MustCompile(`(?m)^edgegen_requests_total\{(.*)\} ([0-9.e+]+)$`)

// RequestCounts are how many requests metrics have counted, by their labels.
func RequestCounts(metrics string) map[string]float64 {
	all := map[string]float64{}
	for _, match := range countForm.FindAllStringSubmatch(metrics, -1) {
		all[match[1]], _ = strconv.ParseFloat(match[2], 64) // the pattern has digits alone
	}
	return all
}
