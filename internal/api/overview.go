package api

// Overview is how the edge is doing, for people: on the page of the metrics listener,
// in its /status.json, and in `edgegen top`. Its Certificates are those of all sites.
type Overview struct {
	Status
	Ready    bool           `json:"ready"`    // whether /readyz says so
	Problems []Problem      `json:"problems"` // the worst first
	Reloads  []ReloadStatus `json:"reloads"`  // the last of them, the newest first
	Traffic  *Traffic       `json:"traffic"`  // nil where the site has no metrics block
}

// Work is what goes on in an edge.
type Work struct {
	Requests   int `json:"requests"` // WebSockets aside
	WebSockets int `json:"websockets"`
}

// Problem is something that somebody should look at.
type Problem struct {
	Severe bool   `json:"severe"` // requests fail, or are about to
	What   string `json:"what"`   // a sentence without a stop
	Why    string `json:"why,omitempty"`
}

// Traffic is what was counted lately. Rates are per second.
type Traffic struct {
	Window   float64       `json:"window_s"` // what the figures that stand alone are of
	Step     float64       `json:"step_s"`   // what each of the points is of
	All      Flow          `json:"all"`
	Points   []Flow        `json:"points"`   // the oldest first
	Sites    []NamedFlow   `json:"sites"`    // the busiest first, no more than 50
	Backends []BackendFlow `json:"backends"` // likewise, of those that were asked
}

// Flow is the requests of some time.
type Flow struct {
	Requests float64 `json:"requests"` // per second
	Refused  float64 `json:"refused"`  // of these, answered 4xx
	Failed   float64 `json:"failed"`   // answered 5xx
	Stored   float64 `json:"stored"`   // answered from the cache
	Bytes    float64 `json:"bytes"`    // of bodies, per second
	P50      float64 `json:"p50_ms"`   // half of them took at most this; as far as the buckets of the histogram tell
	P95      float64 `json:"p95_ms"`
	P99      float64 `json:"p99_ms"`
}

// NamedFlow is the requests of a site.
type NamedFlow struct {
	Site string `json:"site"` // "" for hosts that no site claims
	Flow
	Points []float64 `json:"points"` // requests per second
}

// BackendFlow is what a backend was asked. Its times are those until the head of an
// answer.
type BackendFlow struct {
	Site string `json:"site"`
	Name string `json:"name"`
	Flow
	Points []float64 `json:"points"`
}
