package control

import (
	"io"
	"log/slog"
	"testing"

	"edgegen/internal/accesslog"
	"edgegen/internal/site"
)

// TestRecordedInPassing holds that an edge without access log, metrics and traces takes no
// memory for the record of each request.
func TestRecordedInPassing(t *testing.T) {
	e := newEdge(Options{Log: slog.New(slog.DiscardHandler)}, &state{}, nil)
	var err error
	if e.access, err = accesslog.Open(site.Log{Access: "off"}, io.Discard, e.options.Log, nil); err != nil {
		t.Fatal(err)
	}
	defer e.access.Close()
	r := &accesslog.Record{Host: "a.test", Status: 200}
	if each := testing.AllocsPerRun(100, func() { e.Recorded(site.Builtin, r) }); each > 0 {
		t.Errorf("%v allocations for each record", each)
	}
}
