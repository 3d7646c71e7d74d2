package monitor

import (
	"bytes"
	"fmt"
	"net/http"
	"time"
)

const (
	// mostStreams is how many pages are told of changes at a time.
	mostStreams = 32
	// streamPause is between two looks.
	streamPause = 2 * time.Second
	// streamPatience is how long a page may take to read one.
	streamPatience = 10 * time.Second
)

// stream tells a page how the edge is doing, as server-sent events, until it leaves.
func (m *Monitor) stream(w http.ResponseWriter, r *http.Request) {
	select {
	case m.streams <- struct{}{}:
		defer func() { <-m.streams }()
	default:
		word(w, http.StatusServiceUnavailable, "too many pages are open")
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	if r.Method == http.MethodHead {
		return
	}
	to := http.NewResponseController(w)
	ticker := time.NewTicker(streamPause)
	defer ticker.Stop()
	for {
		text, err := m.overview()
		if err != nil {
			return
		}
		var event bytes.Buffer
		fmt.Fprintf(&event, "data: %s\n\n", text)
		if to.SetWriteDeadline(time.Now().Add(streamPatience)) != nil {
			return
		}
		if _, err := w.Write(event.Bytes()); err != nil || to.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-ticker.C:
		}
	}
}
